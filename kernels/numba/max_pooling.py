"""Max pooling over planes, a row of windows at a time, so that the taps of a row are vectors."""

import numpy as np
from numba import njit

from ...core import Array, Shape, Window

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class MaxPooling:
    """y = the largest x under each window; index = the first place that has it."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape):
        n, c, *size = x_shape
        rows = 2 - len(size)  # a line is a plane of one row
        self._plane = (-1, *(1,) * rows, *size)
        self._out = (-1, *(1,) * rows, *out)
        kernel, stride = ((*(1,) * rows, *numbers) for numbers in (window.kernel, window.stride))
        self._window = np.array([*kernel, *stride, *(0,) * rows, *window.pad])
        self.index: Array = np.zeros((n, c, *out), np.int32)

    def forward(self, x, y) -> None:
        index = self.index.reshape(self._out)
        _largest(x.reshape(self._plane), y.reshape(self._out), index, self._window)

    def backward(self, dy, dx) -> None:
        index = self.index.reshape(self._out)
        _send_back(dy.reshape(self._out), index, dx.reshape(self._plane))


@njit(inline="always")
def _outputs(k, stride, pad, size, out):
    """The windows whose tap k lies in x: from the first, up to the second, exclusive."""
    return max(0, (pad - k + stride - 1) // stride), min(out, (size - 1 + pad - k) // stride + 1)


@njit(inline="always")
def _take_larger(x, y, index, place, stride):
    for o in range(len(y)):
        value, best = x[np.uint64(o) * stride], y[o]
        keeps = value <= best or best != best
        y[o] = best if keeps else value
        index[o] = index[o] if keeps else place + np.int32(o) * np.int32(stride)


@njit(inline="always")
def _scan_row(x, first_place, row, places, kernel, stride, pad):
    """Let a row of x compete for a row of windows, tap by tap."""
    for k in range(kernel):
        start, stop = _outputs(k, stride, pad, len(x), len(row))
        if start >= stop:
            continue
        column = start * stride + k - pad
        values, best, there = x[column:], row[start:stop], places[start:stop]
        place = np.int32(first_place + column)
        # Strides known to the compiler make loads of vectors.
        if stride == 1:
            _take_larger(values, best, there, place, np.uint64(1))
        elif stride == 2:
            _take_larger(values, best, there, place, np.uint64(2))
        else:
            _take_larger(values, best, there, place, np.uint64(stride))


@_compiled
def _largest(x, y, index, window):
    kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w = window
    _, h, w = x.shape
    _, out_h, out_w = y.shape
    for p in range(len(x)):
        for o in range(out_h):
            row, places = y[p, o], index[p, o]
            top = o * stride_h - pad_h
            first, last = max(top, 0), min(top + kernel_h, h)
            row[:] = -np.inf
            for i in range(out_w):
                places[i] = first * w + max(0, i * stride_w - pad_w)
            for i in range(first, last):
                _scan_row(x[p, i], i * w, row, places, kernel_w, stride_w, pad_w)


@_compiled
def _send_back(dy, index, dx):
    for p in range(len(dy)):
        plane, places, gradients = dx[p].ravel(), index[p].ravel(), dy[p].ravel()
        plane[:] = 0
        for o in range(len(places)):
            plane[places[o]] += gradients[o]
