"""Chunks: a batch cut into slices whose scratch space stays in the processor's cache."""

from itertools import pairwise

CACHE_BYTES = 256 << 10  # measured: half of it pays for calls, four times for misses


def chunks(count: int, item_bytes: int, budget: int = CACHE_BYTES) -> list[slice]:
    """Cut range(count) into slices, as even as possible, of at most budget bytes or one item."""
    per_chunk = max(1, budget // max(1, item_bytes))
    pieces = -(-count // per_chunk)
    ends = [count * i // pieces for i in range(1, pieces + 1)]
    return [slice(start, end) for start, end in pairwise([0, *ends])]


def longest(slices: list[slice]) -> int:
    """How many items the longest of these slices has; 0 if there are none."""
    return max((s.stop - s.start for s in slices), default=0)
