"""Stochastic pooling in training: a value of each window, drawn by its size."""

from typing import Any

import numpy as np

from ...core import Rng, Shape, Window
from .picking import Picking
from .taps import taps, window_starts


class StochasticPooling(Picking):
    """y = x[i] with probability max(x[i], 0) / the sum of max(x, 0) under the window.

    Where nothing is positive, the first place is taken.
    """

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, rng: Rng):
        super().__init__(x_shape, out, dtype)
        self._rng = rng
        self._taps = taps(self._plane_shape, window, out)
        self._starts = window_starts(self._plane_shape, window, out)
        self._offsets = np.array([tap.offset for tap in self._taps], np.int32)
        self._positive = np.empty((self._most, *self._plane_shape), dtype)
        scratch_shape = (self._most, *out)
        self._running = np.empty(scratch_shape, dtype)
        self._threshold = np.empty(scratch_shape, dtype)
        self._below = np.empty(scratch_shape, bool)
        self._number = np.empty(scratch_shape, np.int32)

    def forward(self, x, y) -> None:
        x, y = self._inputs(x), self._outputs(y)
        index = self._outputs(self.index)
        for planes in self._chunks:
            self._draw(x[planes], index[planes])
            flat = self._flat_index(index[planes])
            np.take(x[planes].reshape(-1), flat, out=y[planes], mode="clip")

    def _draw(self, x, index) -> None:
        count = len(x)
        positive = np.maximum(x, 0, out=self._positive[:count])
        running, threshold = self._running[:count], self._threshold[:count]
        below, number = self._below[:count], self._number[:count]

        running.fill(0)
        for tap in self._taps:
            running[:, *tap.outputs] += positive[:, *tap.inputs]
        self._rng.random(dtype=threshold.dtype, out=threshold)
        np.subtract(1, threshold, out=threshold)  # in (0, 1]: an empty place is never drawn
        threshold *= running

        # The same sums again, in the same order, so that the last one reaches the threshold.
        running.fill(0)
        number.fill(0)
        for tap in self._taps:
            running[:, *tap.outputs] += positive[:, *tap.inputs]
            number += np.less(running, threshold, out=below)
        np.take(self._offsets, number, out=index, mode="clip")
        index += self._starts
