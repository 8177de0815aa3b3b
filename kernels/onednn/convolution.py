"""Convolution on plain or channels-last arrays."""

from typing import Any

from ...core import Shape, Window
from .descriptors import Descriptor
from .filtering import Filtering
from .operations.convolution import convolution


class Convolution(Filtering):
    """y[n, k] = bias[k] + sum over c of filters[k, c] correlated with x[n, c], by groups."""

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
        y_shape = (n, num_output, *window.output_size(tuple(size)))
        filters_shape = (num_output // group, c // group, *window.kernel)
        if group > 1:
            filters_shape = (group, *filters_shape)
        filters = Descriptor.plain(filters_shape, dtype)
        geometry = x_shape, y_shape, filters, window, group, dtype
        super().__init__(convolution, *geometry, channels_last, workspace)
