"""Dropout: silences numbers chosen by a hash of a key and their place, in one pass.

Vectors are made only of arrays that do not overlap: what is read goes through a block of its own,
so that in place is as fast.
"""

import numpy as np
from numba import njit

BLOCK = 1 << 10  # numbers: stays in the innermost cache

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class Dropout:
    """What kernels.cpu's prepare_dropout says."""

    def __init__(self, threshold: int, scale: float):
        self._threshold, self._scale = np.uint64(threshold), scale

    def drop(self, x, y, key: int) -> bool:
        numbers = np.uint64(key), self._threshold, self._scale
        if x.flags.c_contiguous and y.flags.c_contiguous:
            _drop(x.reshape(-1), y.reshape(-1), *numbers)
            return True
        if x.ndim < 3:
            return False
        # Channels last: the place of a number is that in an array with the channels first.
        x, y = np.moveaxis(x, 1, -1), np.moveaxis(y, 1, -1)
        if x.flags.c_contiguous and y.flags.c_contiguous:
            shape = (len(x), -1, x.shape[-1])
            _drop_channels_last(x.reshape(shape), y.reshape(shape), *numbers)
            return True
        return False


@njit(inline="always")
def _draw(z):
    """32 random bits out of a counter: the finalizer of SplitMix64."""
    z = (z ^ (z >> np.uint64(30))) * _FACTORS[0]
    z = (z ^ (z >> np.uint64(27))) * _FACTORS[1]
    return (z ^ (z >> np.uint64(31))) >> np.uint64(32)


@njit(inline="always")
def _drop_row(x, y, block, key, step, threshold, scale):
    nothing = x.dtype.type(0)
    for start in range(0, len(x), BLOCK):
        x_, y_ = x[start : start + BLOCK], y[start : start + BLOCK]
        first = key + np.uint64(start) * step
        for i in range(len(x_)):
            block[i] = x_[i]
        for i in range(len(y_)):
            is_kept = _draw(first + np.uint64(i) * step) >= threshold
            y_[i] = block[i] * scale if is_kept else nothing


@_compiled
def _drop(x, y, key, threshold, scale):
    block = np.empty(BLOCK, x.dtype)
    _drop_row(x, y, block, key, _STEP, threshold, x.dtype.type(scale))


@_compiled
def _drop_channels_last(x, y, key, threshold, scale):
    n, places, channels = x.shape
    block = np.empty(BLOCK, x.dtype)
    step = _STEP * np.uint64(places)
    for item in range(n):
        for place in range(places):
            first = key + _STEP * np.uint64(item * channels * places + place)
            row_x, row_y = x[item, place], y[item, place]
            _drop_row(row_x, row_y, block, first, step, threshold, x.dtype.type(scale))
