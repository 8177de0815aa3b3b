"""Max pooling by comparing the taps of the window, one after the other."""

from typing import Any

import numpy as np

from ...core import Shape, Window
from .picking import Picking
from .taps import taps, window_starts


class MaxPooling(Picking):
    """y = the largest x under each window; index = the first place that has it."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
        super().__init__(x_shape, out, dtype, keep_index)
        self._taps = taps(self._plane_shape, window, out)
        if keep_index:
            number_type = np.min_scalar_type(len(self._taps) - 1)
            scratch_shape = (self._most, *out)
            self._newer = np.empty(scratch_shape, bool)
            self._newer_number = np.empty(scratch_shape, number_type)
            self._number = np.empty(scratch_shape, number_type)
            self._numbers = np.arange(len(self._taps), dtype=number_type)
            self._first_number = np.empty(out, number_type)
            for number, tap in reversed(list(enumerate(self._taps))):
                self._first_number[tap.outputs] = number
            self._offsets = np.array([tap.offset for tap in self._taps], np.int32)
            self._starts = window_starts(self._plane_shape, window, out)

    def forward(self, x, y) -> None:
        x, y = self._inputs(x), self._outputs(y)
        for planes in self._chunks:
            y[planes] = -np.inf
            if self.index is None:
                self._largest(x[planes], y[planes])
            else:
                self._largest_and_place(x[planes], y[planes], self._outputs(self.index)[planes])

    def _largest(self, x, y) -> None:
        for tap in self._taps:
            best = y[:, *tap.outputs]
            np.maximum(best, x[:, *tap.inputs], out=best)

    def _largest_and_place(self, x, y, index) -> None:
        number = self._number[: len(x)]
        number[...] = self._first_number
        for tap, tap_number in zip(self._taps, self._numbers, strict=True):
            at = (slice(len(x)), *tap.outputs)
            best, candidate = y[at], x[:, *tap.inputs]
            newer = np.greater(candidate, best, out=self._newer[at])
            # Numbers rise from tap to tap, so the latest improvement is the largest number.
            newer_number = np.multiply(newer.view(np.uint8), tap_number, out=self._newer_number[at])
            np.maximum(number[at], newer_number, out=number[at])
            np.maximum(best, candidate, out=best)
        np.take(self._offsets, number, out=index, mode="clip")
        index += self._starts
