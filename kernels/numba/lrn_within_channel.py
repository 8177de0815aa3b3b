"""LRN over a neighbourhood in the plane of each channel, a plane at a time, for beta 0.75.

The neighbourhood is summed down the columns, then along the row, inside the cache.
"""

import numpy as np
from numba import njit

from ...core import Array, Shape

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class LRNWithinChannel:
    """y = x * scale^-0.75,  scale = 1 + alpha * mean of x^2 over size x size numbers."""

    def __init__(self, x_shape: Shape, size: int, alpha: float, dtype):
        self._planes = (-1, *x_shape[2:])
        self._size = size
        self._factor = alpha / size**2
        self._scale: Array = np.empty(x_shape, dtype).reshape(self._planes)

    def forward(self, x, y) -> None:
        x, y = x.reshape(self._planes), y.reshape(self._planes)
        _forward(x, y, self._scale, self._size, self._factor)

    def backward(self, x, y, dy, dx) -> None:
        x, y, dy, dx = (array.reshape(self._planes) for array in (x, y, dy, dx))
        _backward(x, y, dy, dx, self._scale, self._size, self._factor)


@njit(inline="always")
def _neighbours(plane, h, width, size, columns, sums):
    """The sums of size x size numbers; plane has size // 2 zeros on all sides of its rows.

    All is flat, so that a sum over neighbours is one of shifted arrays; the sum around row i,
    column j is sums[i * width + j], and what is behind the columns is of no use.
    """
    count = h * width
    columns[:] = 0
    sums[:] = 0
    for k in range(size):
        shifted = plane[k * width : k * width + count]
        for i in range(count):
            columns[i] += shifted[i]
    for k in range(size):
        shifted = columns[k : k + count]
        for i in range(count):
            sums[i] += shifted[i]


@njit(inline="always")
def _take_in(numbers, plane, h, w, pad):
    """Lay a plane out with zeros around it."""
    for i in range(h):
        row, place = numbers[i * w : (i + 1) * w], plane[(pad + i) * (w + 2 * pad) + pad :]
        for j in range(w):
            place[j] = row[j]


@njit(inline="always")
def _take_out(sums, numbers, h, w, pad):
    """Leave out what is behind the columns."""
    for i in range(h):
        row, place = sums[i * (w + 2 * pad) :], numbers[i * w : (i + 1) * w]
        for j in range(w):
            place[j] = row[j]


@_compiled
def _forward(x, y, scale, size, factor):
    planes, h, w = x.shape
    factor, one, pad = x.dtype.type(factor), x.dtype.type(1), size // 2
    width = w + 2 * pad
    plane, columns = np.zeros((2, (h + 2 * pad) * width), x.dtype)
    sums, block = np.empty(h * width, x.dtype), np.empty(h * w, x.dtype)
    for p in range(planes):
        x_, y_, scale_ = x[p].ravel(), y[p].ravel(), scale[p].ravel()
        for i in range(h * w):
            block[i] = x_[i] * x_[i]
        _take_in(block, plane, h, w, pad)
        _neighbours(plane, h, width, size, columns, sums)
        _take_out(sums, block, h, w, pad)
        for i in range(h * w):
            scale_[i] = one + block[i] * factor
        for i in range(h * w):
            block[i] = x_[i] / np.sqrt(scale_[i] * np.sqrt(scale_[i]))
        for i in range(h * w):
            y_[i] = block[i]


@_compiled
def _backward(x, y, dy, dx, scale, size, factor):
    """dx = dy * scale^-0.75 - 1.5 factor * x * the neighbours' sum of dy * y / scale."""
    planes, h, w = x.shape
    factor, pad = x.dtype.type(1.5 * factor), size // 2
    width = w + 2 * pad
    plane, columns = np.zeros((2, (h + 2 * pad) * width), x.dtype)
    sums, block = np.empty(h * width, x.dtype), np.empty(h * w, x.dtype)
    for p in range(planes):
        x_, dy_, dx_, scale_ = x[p].ravel(), dy[p].ravel(), dx[p].ravel(), scale[p].ravel()
        y_ = y[p].ravel()
        for i in range(h * w):
            block[i] = dy_[i] * y_[i] / scale_[i]
        _take_in(block, plane, h, w, pad)
        _neighbours(plane, h, width, size, columns, sums)
        _take_out(sums, block, h, w, pad)
        for i in range(h * w):
            direct = dy_[i] / np.sqrt(scale_[i] * np.sqrt(scale_[i]))
            block[i] = direct - factor * x_[i] * block[i]
        for i in range(h * w):
            dx_[i] = block[i]
