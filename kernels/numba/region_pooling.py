"""Pooling of regions, each window scanned once. kernels/cpu/region_pooling.py says what it is."""

import numpy as np
from numba import njit

from ...core import Array

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class RegionMax:
    """y[r, c, i, j] = the largest x[items[r], c] in window (i, j) of region r.

    Windows are a few places: channels are what vectors are made of, and lie last inside.
    """

    def forward(self, x, items, rows, columns, y) -> None:
        regions, channels, *windows = y.shape
        best: Array = np.empty((regions, *windows, channels), y.dtype)
        self._index: Array = np.empty(best.shape, np.int32)
        _largest(_channels_last(x), items, rows, columns, best, self._index)
        y[...] = best.transpose(0, 3, 1, 2)

    def backward(self, dy, items, dx) -> None:
        n, channels, h, w = dx.shape
        gradient = np.zeros((n, h * w, channels), dx.dtype)
        _send_back(_channels_last(dy), items, self._index, gradient)
        dx[...] = gradient.reshape(n, h, w, channels).transpose(0, 3, 1, 2)


class RegionMean:
    """y[r, d, i, j] = the mean of x[items[r], (d G + i) G + j] in window (i, j) of region r."""

    def forward(self, x, items, rows, columns, y) -> None:
        _mean(x, items, rows, columns, y)

    def backward(self, dy, items, rows, columns, dx) -> None:
        _spread(dy, items, rows, columns, dx)


def _channels_last(x) -> Array:
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


@_compiled
def _largest(x, items, rows, columns, y, index):
    regions, out_h, out_w, channels = y.shape
    width = x.shape[2]
    for r in range(regions):
        for i in range(out_h):
            top, bottom = rows[r, i]
            for j in range(out_w):
                left, right = columns[r, j]
                best, places = y[r, i, j], index[r, i, j]
                if top >= bottom or left >= right:
                    best[:] = 0
                    places[:] = -1
                    continue
                best[:] = x[items[r], top, left]
                places[:] = top * width + left
                for h in range(top, bottom):
                    for w in range(left, right):
                        numbers, place = x[items[r], h, w], np.int32(h * width + w)
                        for c in range(channels):
                            # nan, once found, stays. No branches, so that vectors can do it.
                            is_newer = (not numbers[c] <= best[c]) & (best[c] == best[c])
                            best[c] = numbers[c] if is_newer else best[c]
                            places[c] = place if is_newer else places[c]


@_compiled
def _send_back(dy, items, index, dx):
    regions, out_h, out_w, channels = dy.shape
    for r in range(regions):
        gradients = dx[items[r]]
        for i in range(out_h):
            for j in range(out_w):
                for c in range(channels):
                    if index[r, i, j, c] >= 0:
                        gradients[index[r, i, j, c], c] += dy[r, i, j, c]


@_compiled
def _mean(x, items, rows, columns, y):
    regions, outputs, out_h, out_w = y.shape
    for r in range(regions):
        for d in range(outputs):
            for i in range(out_h):
                top, bottom = rows[r, i]
                for j in range(out_w):
                    left, right = columns[r, j]
                    plane = x[items[r], (d * out_h + i) * out_w + j]
                    total = 0.0
                    for h in range(top, bottom):
                        for w in range(left, right):
                            total += plane[h, w]
                    count = (bottom - top) * (right - left)
                    y[r, d, i, j] = total / count if top < bottom and left < right else 0.0


@_compiled
def _spread(dy, items, rows, columns, dx):
    regions, outputs, out_h, out_w = dy.shape
    dx[:] = 0
    for r in range(regions):
        for d in range(outputs):
            for i in range(out_h):
                top, bottom = rows[r, i]
                for j in range(out_w):
                    left, right = columns[r, j]
                    if top >= bottom or left >= right:
                        continue
                    plane = dx[items[r], (d * out_h + i) * out_w + j]
                    share = dy[r, d, i, j] / ((bottom - top) * (right - left))
                    for h in range(top, bottom):
                        for w in range(left, right):
                            plane[h, w] += share
