"""Stochastic pooling in testing: the value of each window to be expected."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from .chunks import chunks, longest
from .taps import taps


class WeightedPooling:
    """y = sum of x^2 / sum of x under each window, over the x that are positive; 0 without any."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any):
        n, c, *size = x_shape
        self._size, self._out = tuple(size), tuple(out)
        self._chunks = chunks(n * c, prod(size) * np.dtype(dtype).itemsize)
        self._taps = taps(self._size, window, out)
        most = longest(self._chunks)
        self._positive = np.empty((most, *size), dtype)
        self._total = np.empty((most, *out), dtype)
        self._scratch = np.empty((most, *out), dtype)

    def forward(self, x, y) -> None:
        x, y = x.reshape(-1, *self._size), y.reshape(-1, *self._out)
        for planes in self._chunks:
            positive, total = self._sums(x[planes])
            result = y[planes]
            result.fill(0)
            for tap in self._taps:
                values = positive[:, *tap.inputs]
                square = self._scratch[: len(positive), *tap.outputs]
                result[:, *tap.outputs] += np.multiply(values, values, out=square)
            result /= total

    def backward(self, x, y, dy, dx) -> None:
        """dx = dy * (2 x - y) / sum of x, where x is positive."""
        x, dx = x.reshape(-1, *self._size), dx.reshape(-1, *self._size)
        y, dy = y.reshape(-1, *self._out), dy.reshape(-1, *self._out)
        for planes in self._chunks:
            positive, share = self._sums(x[planes])
            np.divide(dy[planes], share, out=share)
            target = dx[planes]
            target.fill(0)
            for tap in self._taps:
                outputs = (slice(len(positive)), *tap.outputs)
                part = np.multiply(positive[:, *tap.inputs], 2, out=self._scratch[outputs])
                part -= y[planes][:, *tap.outputs]
                part *= share[outputs]
                target[:, *tap.inputs] += part
            target *= np.greater(positive, 0)

    def _sums(self, x):
        """max(x, 0), and its sum under each window, 1 where it is 0."""
        positive = np.maximum(x, 0, out=self._positive[: len(x)])
        total = self._total[: len(x)]
        total.fill(0)
        for tap in self._taps:
            total[:, *tap.outputs] += positive[:, *tap.inputs]
        total += np.equal(total, 0)
        return positive, total
