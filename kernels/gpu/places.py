"""Places: numbers along one axis of an array, and how many threads share them."""

from dataclasses import dataclass
from math import prod

from ...core import Array
from .context import THREADS

WARP = 32
FEW = 64  # numbers that a thread can run through alone
MANY_PLACES = 1 << 15  # enough to fill a device with a thread each
LONG = 1 << 11  # numbers that a block is better for than a warp


@dataclass(frozen=True)
class Places:
    """Numbers that lie as (outer, size, inner), in outer * inner places; see places.cuh."""

    count: int
    size: int
    inner: int

    @property
    def lanes(self) -> int:
        """How many threads share a place: neighbours in memory go to neighbouring threads."""
        if self.inner >= WARP and (self.size <= FEW or self.count >= MANY_PLACES):
            return 1
        if self.inner == 1 and self.size > LONG:
            return THREADS
        return min(1 << max(-(-self.size // 4) - 1, 0).bit_length(), WARP)

    @property
    def threads(self) -> int:
        """How many threads there is something to do for."""
        return self.count * self.lanes

    @property
    def geometry(self) -> tuple[int, int, int]:
        """What kernels are told."""
        return self.count, self.size, self.inner


def places_along(array: Array, axis: int) -> Places:
    """The places of an array that lies dense, in the order in which they lie in memory.

    For axis 1 that is the order of the other axes too, channels-last or not.
    """
    size = array.shape[axis]
    others = prod(n for i, n in enumerate(array.shape) if i != axis)
    inner = array.strides[axis] // array.dtype.itemsize if size > 1 and others else 1
    return Places(others, size, inner)
