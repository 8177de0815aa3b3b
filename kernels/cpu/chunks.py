"""Chunks: a batch cut into slices whose scratch space stays in the processor's cache."""

CACHE_BYTES = 1 << 20


def chunks(count: int, item_bytes: int, budget: int = CACHE_BYTES) -> list[slice]:
    """Cut range(count) into slices, as even as possible, of at most budget bytes or one item."""
    per_chunk = max(1, budget // max(1, item_bytes))
    pieces = -(-count // per_chunk)
    starts = [count * i // pieces for i in range(pieces)]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], count], strict=True)]


def longest(slices: list[slice]) -> int:
    """How many items the longest of these slices has; 0 if there are none."""
    return max((s.stop - s.start for s in slices), default=0)
