"""Arrays of any length, run through a net batch by batch."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np


class Batch(NamedTuple):
    """Arrays of `size` items by the names of blobs, of which the first `used` are no filling."""

    arrays: dict[str, Any]
    size: int
    used: int


def batches_of(arrays: dict[str, Any], size: int) -> Iterator[Batch]:
    """Split arrays of equal length into batches of `size`, the last filled up with zeros."""
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the arrays differ in length: {lengths}")
    length = next(iter(lengths.values()), 0)
    for start in range(0, length, size):
        some = {name: array[start : start + size] for name, array in arrays.items()}
        used = min(size, length - start)
        if used < size:
            some = {name: _filled_up(array, size) for name, array in some.items()}
        yield Batch(some, size, used)


def pairs_of(forward: Iterator[Batch], backward: Iterator[Batch]) -> Iterator[tuple[Batch, Batch]]:
    """Batches for forward and backward, empty ones where either has no more."""
    for ahead, back in zip_longest(forward, backward):
        known = ahead or back
        empty = Batch({}, known.size, known.used)
        yield ahead or empty, back or empty


class Collected:
    """What comes out of the batches, without the filling."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[np.ndarray]] = {}

    def add(self, values: dict[str, Any], batch: Batch) -> None:
        """Copy the values of one batch, by blob."""
        for name, value in values.items():
            has_items = value.shape[:1] == (batch.size,)
            piece = value[: batch.used] if has_items else value[None]
            self._pieces.setdefault(name, []).append(piece.copy())

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was added, by blob."""
        return {name: np.concatenate(pieces) for name, pieces in self._pieces.items()}


def _filled_up(array: np.ndarray, size: int) -> np.ndarray:
    filling = np.zeros((size - len(array), *array.shape[1:]), array.dtype)
    return np.concatenate([array, filling])
