"""Lottery: which numbers of an array lose, by a hash of a key and their place.

Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
"""

import numpy as np

from ...core import Array, Blob, Shape

CHUNK = 1 << 14  # numbers whose hashes stay in the cache

_BITS = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


class Lottery:
    """Each number loses with a probability. The kernels compute the same, and keep no losers."""

    def __init__(self, shape: Shape, probability: float):
        self._losers = Blob(shape, bool)
        self._threshold = np.uint64(threshold(probability))
        self._counters = Blob((min(CHUNK, self._losers.count),), "uint64")
        self._hashes, self._shifted = (Blob(self._counters.shape, "uint64") for _ in range(2))
        self._is_counted = False

    def losers(self, key: int) -> Array:
        """Which numbers lose under this key: bool, of the shape of the array."""
        losers = self._losers.data.reshape(-1)
        if not self._is_counted:
            steps = np.arange(len(self._counters.data), dtype="uint64")
            np.multiply(steps, np.uint64(_STEP), out=self._counters.data)
            self._is_counted = True
        for start in range(0, losers.size, CHUNK):
            part = losers[start : start + CHUNK]
            z, shifted = (a.data[: part.size] for a in (self._hashes, self._shifted))
            np.add(self._counters.data[: part.size], np.uint64(key + start * _STEP & _BITS), out=z)
            for shift, factor in _ROUNDS:
                z ^= np.right_shift(z, np.uint64(shift), out=shifted)
                z *= np.uint64(factor)
            z ^= np.right_shift(z, np.uint64(31), out=shifted)
            z >>= np.uint64(32)
            np.less(z, self._threshold, out=part)
        return self._losers.data


def threshold(probability: float) -> int:
    """Below which 32 random bits lose with this probability."""
    return round(probability * 2**32)


def draw(seed: int, number: int) -> int:
    """64 random bits: those of this number in the sequence that seed gives."""
    z = seed + number * _STEP & _BITS
    for shift, factor in _ROUNDS:
        z = (z ^ z >> shift) * factor & _BITS
    return z ^ z >> 31
