"""Walk: how the threads of a grid share out the numbers of an array, each within one part of it."""

from dataclasses import dataclass
from math import prod

from .context import THREADS, Context
from .folded import Folded

WARP = 32
LEAST_STEPS = 8  # numbers that a thread is to go through, before another block takes a share


@dataclass(frozen=True)
class Walk:
    """An array that lies as (groups, outer, parts, inner); walk.cuh has the other half.

    A block has 2^bits neighbouring parts, a tile, and one of the chunks that the numbers of each
    part are cut into, (o, i) being counted as o * inner + i.
    """

    folded: Folded
    bits: int
    chunks: int
    chunk: int  # numbers of a part

    @property
    def arguments(self) -> tuple[int, ...]:
        """What FOLDED stands for."""
        _, *sizes = self.folded
        return (*sizes, self._tiles, self.bits, self.chunks, self.chunk)

    @property
    def blocks(self) -> int:
        """How many there are."""
        return self.folded[0] * self._tiles * self.chunks if prod(self.folded) else 0

    @property
    def count(self) -> int:
        """How many parts."""
        groups, _, parts, _ = self.folded
        return groups * parts

    @property
    def numbers(self) -> int:
        """How many numbers each part has."""
        _, outer, _, inner = self.folded
        return outer * inner

    @property
    def _tiles(self) -> int:
        return -(-self.folded[2] >> self.bits)


def walk_over(context: Context, folded: Folded, waves: int) -> Walk:
    """A walk by as many blocks as run at a time on the device, or `waves` times as many.

    One wave leaves the fewest chunks to put together; several end more evenly.
    """
    groups, outer, parts, inner = folded
    bits = min(WARP, 1 << max(parts - 1, 0).bit_length()).bit_length() - 1 if inner == 1 else 0
    walkers, numbers = THREADS >> bits, outer * inner
    per_processor = 6 * waves
    wanted = per_processor * context.gpu.properties["multiProcessorCount"]
    most = -(-numbers // (walkers * LEAST_STEPS))
    chunks = max(min(most, wanted // max(groups * -(-parts >> bits), 1)), 1)
    # Multiples of the walkers, so that all chunks but the last are gone through in whole rows.
    chunk = -(-numbers // (chunks * walkers)) * walkers
    return Walk(folded, bits, max(-(-numbers // max(chunk, 1)), 1), chunk)
