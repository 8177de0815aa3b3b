"""Softmax of float32, a row or a block of rows at a time, so that nothing leaves the cache.

exp is a polynomial, because compilers make vectors of one and not of a call: x = n log 2 + r, and
exp(r) to 6 terms, within 2 units in the last place. Source: Moshier, Cephes, expf.
"""

import numpy as np
from numba import njit

BLOCK = 1 << 10  # places whose numbers stay in the innermost cache

_LOG2_E = np.float32(1.44269504088896341)
_LOG_2 = np.float32(0.693359375), np.float32(-2.12194440e-4)  # the first exactly, and the rest
_TERMS = (
    np.float32(1.9875691500e-4),
    np.float32(1.3981999507e-3),
    np.float32(8.3334519073e-3),
    np.float32(4.1665795894e-2),
    np.float32(1.6666665459e-1),
    np.float32(5.0000001201e-1),
)
_ONE = np.float32(1)
_ROUNDER = np.float32(3 << 22)  # what is added to it loses its fraction
_LEAST = np.float32(-87.33)  # exp of less is no normal number, and counts as 0

_compiled = njit(cache=True, nogil=True, error_model="numpy")
# Only sums may be reordered, or they would be taken number after number.
_summing = njit(fastmath={"reassoc", "contract"}, cache=True, nogil=True, error_model="numpy")


class Softmax:
    """What kernels.cpu's prepare_softmax says."""

    def __init__(self, folded: tuple[int, int, int]):
        self._has_rows = folded[2] == 1

    def forward(self, x, y) -> None:
        if self._has_rows:
            _forward_rows(x[:, :, 0], y[:, :, 0])
        else:
            _forward_planes(x, y)

    def backward(self, y, dy, dx) -> None:
        if self._has_rows:
            _backward_rows(y[:, :, 0], dy[:, :, 0], dx[:, :, 0])
        else:
            _backward_planes(y, dy, dx)


@njit(inline="always")
def _exp(x, y, powers, bits):
    """exp of x, 0 or less, to y; powers and bits are one block of memory, as floats and ints."""
    for i in range(len(y)):
        limited = _LEAST if x[i] < _LEAST else x[i]
        rounded = limited * _LOG2_E + _ROUNDER
        powers[i] = rounded
        n = rounded - _ROUNDER
        r = limited - n * _LOG_2[0] - n * _LOG_2[1]
        p = _TERMS[0] * r + _TERMS[1]
        p = p * r + _TERMS[2]
        p = p * r + _TERMS[3]
        p = p * r + _TERMS[4]
        p = p * r + _TERMS[5]
        p = p * r * r + r + _ONE
        y[i] = np.float32(0) if x[i] < _LEAST else p
    for i in range(len(y)):
        bits[i] = (bits[i] << np.int32(23)) + np.int32(127 << 23)  # n as the exponent of 2^n
    for i in range(len(y)):
        y[i] *= powers[i]


@njit(inline="always")
def _largest(x, lanes):
    """The largest of x, found in as many lanes as there are, because compilers find it in one."""
    width = len(lanes)
    lanes[:] = x[0]
    for start in range(0, len(x) - width + 1, width):
        part = x[start : start + width]
        for i in range(width):
            lanes[i] = lanes[i] if lanes[i] >= part[i] else part[i]
    largest = x[0]
    for i in range(len(x) // width * width, len(x)):
        largest = largest if largest >= x[i] else x[i]
    for i in range(width):
        largest = largest if largest >= lanes[i] else lanes[i]
    return largest


@_summing
def _total(x):
    total = np.float32(0)
    for i in range(len(x)):
        total += x[i]
    return total


@_summing
def _product(x, y):
    total = np.float32(0)
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


@_compiled
def _forward_rows(x, y):
    size = x.shape[1]
    bits = np.empty(size, np.int32)
    powers, block = bits.view(np.float32), np.empty(size, np.float32)
    lanes = np.empty(64, np.float32)
    for row in range(len(x)):
        x_, y_ = x[row], y[row]
        largest = _largest(x_, lanes)
        for i in range(size):
            block[i] = x_[i] - largest
        _exp(block, y_, powers, bits)
        factor = _ONE / _total(y_)
        for i in range(size):
            y_[i] *= factor


@_compiled
def _backward_rows(y, dy, dx):
    size = y.shape[1]
    block = np.empty(size, np.float32)
    for row in range(len(y)):
        y_, dy_, dx_ = y[row], dy[row], dx[row]
        mean = _product(y_, dy_)
        for i in range(size):
            block[i] = (dy_[i] - mean) * y_[i]
        for i in range(size):
            dx_[i] = block[i]


@_compiled
def _forward_planes(x, y):
    outer, size, inner = x.shape
    bits = np.empty(BLOCK, np.int32)
    powers, scratch = bits.view(np.float32), np.empty((3, BLOCK), np.float32)
    for item in range(outer):
        for start in range(0, inner, BLOCK):
            place = slice(start, min(start + BLOCK, inner))
            width = place.stop - start
            largest, total, block = scratch[0, :width], scratch[1, :width], scratch[2, :width]
            largest[:] = x[item, 0, place]
            for c in range(1, size):
                x_ = x[item, c, place]
                for i in range(width):
                    largest[i] = largest[i] if largest[i] >= x_[i] else x_[i]
            total[:] = 0
            for c in range(size):
                x_, y_ = x[item, c, place], y[item, c, place]
                for i in range(width):
                    block[i] = x_[i] - largest[i]
                _exp(block, y_, powers, bits)
                for i in range(width):
                    total[i] += y_[i]
            for i in range(width):
                total[i] = _ONE / total[i]
            for c in range(size):
                y_ = y[item, c, place]
                for i in range(width):
                    y_[i] *= total[i]


@_compiled
def _backward_planes(y, dy, dx):
    outer, size, inner = y.shape
    scratch = np.empty((2, BLOCK), np.float32)
    for item in range(outer):
        for start in range(0, inner, BLOCK):
            place = slice(start, min(start + BLOCK, inner))
            width = place.stop - start
            mean, block = scratch[0, :width], scratch[1, :width]
            mean[:] = 0
            for c in range(size):
                y_, dy_ = y[item, c, place], dy[item, c, place]
                for i in range(width):
                    mean[i] += y_[i] * dy_[i]
            for c in range(size):
                y_, dy_, dx_ = y[item, c, place], dy[item, c, place], dx[item, c, place]
                for i in range(width):
                    block[i] = (dy_[i] - mean[i]) * y_[i]
                for i in range(width):
                    dx_[i] = block[i]
