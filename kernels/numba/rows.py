"""Rows of numbers: added to those of a table, or compared with one of them."""

import numpy as np
from numba import njit

BLOCK = 1 << 12  # numbers: stays in the cache

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def add_rows(table, numbers, rows):
    """table[numbers[i]] += rows[i], one after the other; tables are two-dimensional."""
    for i in range(len(numbers)):
        target, row = table[numbers[i]], rows[i]
        for j in range(len(row)):
            target[j] += row[j]


def count_not_less(x, right, counts):
    """How many of x (outer, size, inner) are not less than right, along the middle axis."""
    if x.shape[2] == 1:
        _count_in_rows(x[:, :, 0], right[:, 0], counts[:, 0])
    else:
        _count_in_planes(x, right, counts)


@_compiled
def _count_in_rows(x, right, counts):
    for o in range(len(x)):
        row, limit, less = x[o], right[o], 0
        for i in range(len(row)):
            less += row[i] < limit
        counts[o] = len(row) - less


@_compiled
def _count_in_planes(x, right, counts):
    outer, size, inner = x.shape
    for o in range(outer):
        for start in range(0, inner, BLOCK):
            place = slice(start, start + BLOCK)
            count, limit = counts[o, place], right[o, place]
            count[:] = size
            for c in range(size):
                row = x[o, c, place]
                for i in range(len(count)):
                    count[i] -= np.int32(row[i] < limit[i])
