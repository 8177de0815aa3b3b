"""ReLU over flat arrays, one pass each way.

Vectors are made only of arrays that do not overlap: what is read goes through a block of its own,
so that in place is as fast.
"""

import numpy as np
from numba import njit

from ..physical import physical

BLOCK = 1 << 10  # numbers: stays in the innermost cache

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class ReLU:
    """y = x where x > 0, else slope * x."""

    def __init__(self, slope: float):
        self._slope = slope

    def forward(self, x, y) -> None:
        _forward(physical(x), physical(y), self._slope)

    def backward(self, x, dy, dx) -> None:
        _backward(physical(x), physical(dy), physical(dx), self._slope)


@_compiled
def _forward(x, y, slope):
    nothing, factor = x.dtype.type(0), x.dtype.type(slope)
    block = np.empty(BLOCK, x.dtype)
    for start in range(0, len(x), BLOCK):
        x_, y_ = x[start : start + BLOCK], y[start : start + BLOCK]
        for i in range(len(x_)):
            block[i] = x_[i]
        for i in range(len(y_)):
            # 0 times an infinite x would be nan; nan itself goes on its way.
            other = block[i] * factor if slope != 0 else nothing
            y_[i] = other if block[i] <= nothing else block[i]


@_compiled
def _backward(x, dy, dx, slope):
    nothing, factor = x.dtype.type(0), x.dtype.type(slope)
    block = np.empty(BLOCK, x.dtype)
    for start in range(0, len(x), BLOCK):
        place = slice(start, start + BLOCK)
        x_, dy_, dx_ = x[place], dy[place], dx[place]
        for i in range(len(x_)):
            block[i] = dy_[i] if x_[i] > nothing else dy_[i] * factor
        for i in range(len(dx_)):
            dx_[i] = block[i]
