"""Sums and scaling of the parts of arrays folded to (outer, parts, inner).

Vectors are made only of arrays that do not overlap: what is read to be scaled goes through a block
of its own, so that in place is as fast.
"""

import numpy as np
from numba import njit

from ...core import Array

BLOCK = 1 << 10  # numbers: stays in the innermost cache

_compiled = njit(cache=True, nogil=True, error_model="numpy")
# Only sums may be reordered, or they would be taken number after number.
_summing = njit(fastmath={"reassoc", "contract"}, cache=True, nogil=True)


class Parts:
    """What kernels.cpu's prepare_parts says."""

    def __init__(self, folded: tuple[int, int, int]):
        self._rows = folded[:2]

    def row_sums(self, x) -> Array:
        sums = np.empty(self._rows)
        _row_sums(x, sums)
        return sums

    def row_products(self, x, y) -> Array:
        sums = np.empty(self._rows)
        _row_products(x, y, sums)
        return sums

    def scale(self, x, s, b, y) -> None:
        if b is None:
            b = np.zeros_like(s)
        _scale(x, s.reshape(-1), b.reshape(-1), y)


@_summing
def _sum(x):
    total = 0.0
    for i in range(len(x)):
        total += np.float64(x[i])
    return total


@_summing
def _sum_of_products(x, y):
    total = 0.0
    for i in range(len(x)):
        total += np.float64(x[i]) * np.float64(y[i])
    return total


@_compiled
def _row_sums(x, sums):
    for outer, part in np.ndindex(sums.shape):
        sums[outer, part] = _sum(x[outer, part])


@_compiled
def _row_products(x, y, sums):
    for outer, part in np.ndindex(sums.shape):
        sums[outer, part] = _sum_of_products(x[outer, part], y[outer, part])


@_compiled
def _scale(x, s, b, y):
    block = np.empty(BLOCK, x.dtype)
    for outer, part in np.ndindex(x.shape[:2]):
        x_row, y_row, factor, shift = x[outer, part], y[outer, part], s[part], b[part]
        for start in range(0, len(x_row), BLOCK):
            x_, y_ = x_row[start : start + BLOCK], y_row[start : start + BLOCK]
            for i in range(len(x_)):
                block[i] = x_[i] * factor + shift
            for i in range(len(y_)):
                y_[i] = block[i]
