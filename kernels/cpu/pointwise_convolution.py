"""Convolution with a 1 x 1 kernel and stride 1: a matrix product for each image."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from .convolution import Convolution

_ALONG_A_LINE = Window(kernel=(1,), stride=(1,), pad=(0,), dilation=(1,))


class PointwiseConvolution(Convolution):
    """y[n] = filters x[n] + bias, by groups; the images are their own columns.

    The spatial axes, of which there may be none, count as one line of positions.
    """

    def __init__(self, x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
        n, c, *size = x_shape
        positions = prod(size)
        super().__init__((n, c, positions), num_output, _ALONG_A_LINE, group, dtype)
        self._x_shape = (n, group, c // group, positions)
        self._y_shape = (n, group, num_output // group, positions)

    def forward(self, x, filters, bias, y) -> None:
        filters = filters.reshape(self._dfilters.shape)
        np.matmul(filters, x.reshape(self._x_shape), out=y.reshape(self._y_shape))
        if bias is not None:
            y += bias.reshape(-1, *(1,) * (y.ndim - 2))

    def backward_data(self, dy, filters, dx) -> None:
        transposed = filters.reshape(self._dfilters.shape).swapaxes(1, 2)
        np.matmul(transposed, dy.reshape(self._y_shape), out=dx.reshape(self._x_shape))

    def backward_filters(self, x, dy, dfilters) -> None:
        x, dy = (a.reshape(*a.shape[:2], -1) for a in (x, dy))
        super().backward_filters(x, dy, dfilters)
