"""Pooling of regions, each window scanned once. kernels/cpu/region_pooling.py says what it is."""

import numpy as np
from numba import njit

from ...core import Array

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class RegionMax:
    """y[r, c, i, j] = the largest x[items[r], c] in window (i, j) of region r."""

    def forward(self, x, items, rows, columns, y) -> None:
        self._index: Array = np.empty(y.shape, np.int32)
        _largest(x, items, rows, columns, y, self._index)

    def backward(self, dy, items, dx) -> None:
        _send_back(dy, items, self._index, dx.reshape(*dx.shape[:2], -1))


class RegionMean:
    """y[r, d, i, j] = the mean of x[items[r], (d G + i) G + j] in window (i, j) of region r."""

    def forward(self, x, items, rows, columns, y) -> None:
        _mean(x, items, rows, columns, y)

    def backward(self, dy, items, rows, columns, dx) -> None:
        _spread(dy, items, rows, columns, dx)


@_compiled
def _largest(x, items, rows, columns, y, index):
    regions, channels, out_h, out_w = y.shape
    width = x.shape[3]
    for r in range(regions):
        for c in range(channels):
            plane = x[items[r], c]
            for i in range(out_h):
                top, bottom = rows[r, i]
                for j in range(out_w):
                    left, right = columns[r, j]
                    if top >= bottom or left >= right:
                        y[r, c, i, j], index[r, c, i, j] = 0, -1
                        continue
                    best, place = plane[top, left], top * width + left
                    for h in range(top, bottom):
                        row = plane[h]
                        for w in range(left, right):
                            # nan, once found, stays.
                            if (not row[w] <= best) and best == best:
                                best, place = row[w], h * width + w
                    y[r, c, i, j], index[r, c, i, j] = best, place


@_compiled
def _send_back(dy, items, index, dx):
    regions, channels, out_h, out_w = dy.shape
    dx[:] = 0
    for r in range(regions):
        for c in range(channels):
            plane = dx[items[r], c]
            for i in range(out_h):
                for j in range(out_w):
                    if index[r, c, i, j] >= 0:
                        plane[index[r, c, i, j]] += dy[r, c, i, j]


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
