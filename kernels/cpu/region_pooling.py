"""Pooling of regions: each window of each region becomes one number. The definition, in NumPy.

A region r reads item items[r] of x. Its windows are the rows rows[r, i] = (first, end) crossed
with the columns columns[r, j] = (first, end), end exclusive; where either is empty the output is
0 and has no gradient.
"""

from collections.abc import Iterator

import numpy as np

from ...core import Array


class RegionMax:
    """y[r, c, i, j] = the largest x[items[r], c] in window (i, j) of region r."""

    def forward(self, x, items, rows, columns, y) -> None:
        width = x.shape[3]
        self._index: Array = np.full(y.shape, -1)  # where in its plane each number came from
        y[...] = 0
        for r, i, j, window in _windows(rows, columns):
            part = x[items[r], :, *window]
            flat = part.reshape(len(part), -1)
            best = flat.argmax(axis=1)
            y[r, :, i, j] = flat[np.arange(len(flat)), best]
            down, right = np.divmod(best, part.shape[2])
            self._index[r, :, i, j] = (window[0].start + down) * width + window[1].start + right

    def backward(self, dy, items, dx) -> None:
        dx[...] = 0
        channels = np.arange(dy.shape[1])[:, None, None]
        planes = dx.reshape(*dx.shape[:2], -1)
        for r, item in enumerate(items):
            found = self._index[r] >= 0
            where = np.broadcast_to(channels, found.shape)[found]
            np.add.at(planes[item], (where, self._index[r][found]), dy[r][found])


class RegionMean:
    """y[r, d, i, j] = the mean of x[items[r], (d G + i) G + j] in window (i, j) of region r.

    x has D G^2 channels, and a region G x G windows: each has channels of its own.
    """

    def forward(self, x, items, rows, columns, y) -> None:
        maps = _by_window(x, y)
        y[...] = 0
        for r, i, j, window in _windows(rows, columns):
            y[r, :, i, j] = maps[items[r], :, i, j, *window].mean(axis=(1, 2))

    def backward(self, dy, items, rows, columns, dx) -> None:
        maps = _by_window(dx, dy)
        dx[...] = 0
        for r, i, j, window in _windows(rows, columns):
            part = maps[items[r], :, i, j, *window]
            part += dy[r, :, i, j, None, None] / (part.shape[1] * part.shape[2])


def _windows(rows, columns) -> Iterator[tuple[int, int, int, tuple[slice, slice]]]:
    """Every window that is not empty: region, row, column and the part of a plane."""
    for r, (downs, rights) in enumerate(zip(rows, columns, strict=True)):
        for i, (top, bottom) in enumerate(downs):
            for j, (left, right) in enumerate(rights):
                if top < bottom and left < right:
                    yield r, i, j, (slice(top, bottom), slice(left, right))


def _by_window(x, y) -> Array:
    """x (N, D G G, H, W) as (N, D, G, G, H, W)."""
    return x.reshape(len(x), *y.shape[1:], *x.shape[2:])
