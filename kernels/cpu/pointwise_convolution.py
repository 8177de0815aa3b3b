"""Convolution with a 1 x 1 kernel and stride 1: a matrix product for each image."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape


class PointwiseConvolution:
    """y[n] = filters x[n] + bias, by groups; the images are their own columns.

    There may be any number of spatial axes, or none.
    """

    def __init__(self, x_shape: Shape, num_output: int, group: int, dtype: Any):
        n, c, *size = x_shape
        self._x_shape = (n, group, c // group, prod(size))
        self._y_shape = (n, group, num_output // group, prod(size))
        self._bias_shape = (num_output, *(1 for _ in size))
        self._dfilters = np.empty((group, num_output // group, c // group), dtype)

    def forward(self, x, filters, bias, y) -> None:
        filters = filters.reshape(self._dfilters.shape)
        np.matmul(filters, x.reshape(self._x_shape), out=y.reshape(self._y_shape))
        if bias is not None:
            y += bias.reshape(self._bias_shape)

    def backward_data(self, dy, filters, dx) -> None:
        transposed = filters.reshape(self._dfilters.shape).swapaxes(1, 2)
        np.matmul(transposed, dy.reshape(self._y_shape), out=dx.reshape(self._x_shape))

    def backward_filters(self, x, dy, dfilters) -> None:
        total = dfilters.reshape(self._dfilters.shape)
        x_transposed = x.reshape(self._x_shape).swapaxes(2, 3)
        for dy_image, x_image in zip(dy.reshape(self._y_shape), x_transposed, strict=True):
            total += np.matmul(dy_image, x_image, out=self._dfilters)

    def backward_bias(self, dy, dbias) -> None:
        dbias += dy.reshape(*dy.shape[:2], prod(dy.shape[2:])).sum(axis=2).sum(axis=0)
