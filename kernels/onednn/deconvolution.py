"""Deconvolution on plain or channels-last arrays."""

from typing import Any

import numpy as np

from ...core import Shape, Window
from .descriptors import Descriptor
from .filtering import Filtering
from .operations.convolution import deconvolution


class Deconvolution(Filtering):
    """y = the data gradient of the convolution that turns y's shape into x's, plus bias.

    Caffe's filters have the axis of x first, the library's that of y.
    """

    def __init__(
        self,
        x_shape: Shape,
        num_output: int,
        window: Window,
        group: int,
        dtype: Any,
        channels_last: tuple[bool, bool],
        workspace: Any,
    ):
        n, c, *size = x_shape
        y_shape = (n, num_output, *window.transposed_size(tuple(size)))
        self._shape = (c // group, num_output // group, *window.kernel)
        if group > 1:
            self._shape = (group, *self._shape)
        self._x_axis = len(self._shape) - window.axes - 2
        plain = Descriptor.plain(self._shape, dtype)
        filters = Descriptor.strided(
            self._swapped(plain.shape), self._swapped(plain.strides or ()), dtype
        )
        geometry = x_shape, y_shape, filters, window, group, dtype
        super().__init__(deconvolution, *geometry, channels_last, workspace)

    def _arranged(self, filters):
        return np.swapaxes(filters.reshape(self._shape), self._x_axis, self._x_axis + 1)

    def _swapped(self, numbers: Shape) -> Shape:
        at = self._x_axis
        return (*numbers[:at], numbers[at + 1], numbers[at], *numbers[at + 2 :])
