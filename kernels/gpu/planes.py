"""Planes: the launches of plane_pooling.cu."""

from math import prod
from typing import Any

from ...core import Array
from .context import Context
from .division import divisor
from .launch import Launch
from .windows import is_channels_last

WARP = 32
MOST_ROWS = 512
LEAST_PLACES = 8  # of a plane for each thread


class Planes:
    """Pools every plane of x (N, C, *size) to one number, and spreads gradients over dx."""

    def __init__(self, context: Context, x: Array):
        self._context, self._is_last = context, is_channels_last(x)
        self._items, self._channels, *size = x.shape
        self._places = prod(size)

    def pool(self, name: str, x: Array, *arguments: Any) -> list[Launch]:
        """The launch of a kernel of this name, which reads x."""
        lanes = WARP if self._is_last else 1
        rows = _power_of_2(self._places // LEAST_PLACES)
        # A block has whole warps, and at most 1024 threads.
        rows = min(rows, WARP) if self._is_last else min(max(rows, WARP), MOST_ROWS)
        blocks = self._items * -(-self._channels // lanes)
        function = self._function(name, x)
        return self._context.blocks(
            *(function, name, blocks, lanes * rows),
            *(x, *arguments, self._channels, self._places),
        )

    def spread(self, name: str, dx: Array, *arguments: Any) -> list[Launch]:
        """The launch of a kernel of this name, which writes dx."""
        inner = self._channels if self._is_last else self._places
        sizes = (
            *(dx.size, self._channels, self._places),
            *divisor(inner),
            *divisor(self._channels * self._places),
        )
        function = self._function(name, dx)
        return self._context.each(function, name, dx.size, *arguments, *sizes)

    def _function(self, name: str, x: Array) -> Any:
        return self._context.function("plane_pooling.cu", name, x.dtype, X_LAST=int(self._is_last))


def _power_of_2(n: int) -> int:
    """The largest power of 2 that is n or less."""
    return 1 << max(n, 1).bit_length() - 1
