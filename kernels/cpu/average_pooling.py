"""Average pooling, one axis at a time: a mean over a box is a sum of sums."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from .chunks import chunks, longest
from .taps import taps


class AveragePooling:
    """y = the sum of x under each window / the number of places that count."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, count_padding: bool):
        n, c, *size = x_shape
        self._planes = n * c
        self._size, self._out = tuple(size), tuple(out)
        self._chunks = chunks(n * c, prod(size) * np.dtype(dtype).itemsize)
        most = longest(self._chunks)
        self._sums = [_AxisSum(self._size, window, self._out, axis) for axis in range(len(out))]
        # The first axes are summed first: along them, memory is read in long runs.
        self._between = [
            np.empty((most, *out[: axis + 1], *size[axis + 1 :]), dtype)
            for axis in range(len(out) - 1)
        ]
        self._quotients = np.empty((most, *out), dtype)
        self._counts = _counts(self._size, window, self._out, count_padding).astype(dtype)

    def forward(self, x, y) -> None:
        x, y = x.reshape(self._planes, *self._size), y.reshape(self._planes, *self._out)
        for planes in self._chunks:
            source, result = x[planes], y[planes]
            targets = [*(b[: len(source)] for b in self._between), result]
            for axis_sum, target in zip(self._sums, targets, strict=True):
                axis_sum.gather(source, target)
                source = target
            result /= self._counts

    def backward(self, dy, dx) -> None:
        dx, dy = dx.reshape(self._planes, *self._size), dy.reshape(self._planes, *self._out)
        for planes in self._chunks:
            count = planes.stop - planes.start
            source = np.divide(dy[planes], self._counts, out=self._quotients[:count])
            targets = [dx[planes], *(b[:count] for b in self._between)]
            for axis_sum, target in zip(reversed(self._sums), reversed(targets), strict=True):
                axis_sum.scatter(source, target)
                source = target


class _AxisSum:
    """Sums of windows along one spatial axis of (planes, *size), and the adjoint."""

    def __init__(self, size: Shape, window: Window, out: Shape, axis: int):
        along = Window(
            *(
                (numbers[axis],)
                for numbers in (window.kernel, window.stride, window.pad, window.dilation)
            )
        )
        before = (slice(None),) * (1 + axis)
        self._axis = 1 + axis
        self._taps = [
            ((*before, *tap.inputs), (*before, *tap.outputs))
            for tap in taps((size[axis],), along, (out[axis],))
        ]
        self._covers_everything = out[axis] == 1 and len(self._taps) == size[axis]

    def gather(self, source, target) -> None:
        if self._covers_everything:
            np.sum(source, axis=self._axis, keepdims=True, out=target)
            return
        target.fill(0)
        for inputs, outputs in self._taps:
            target[outputs] += source[inputs]

    def scatter(self, source, target) -> None:
        if self._covers_everything:
            target[...] = source
            return
        target.fill(0)
        for inputs, outputs in self._taps:
            target[inputs] += source[outputs]


def _counts(size: Shape, window: Window, out: Shape, count_padding: bool):
    """How many places under each window lie in the input, or in the input and its padding."""
    counts = np.ones(())
    for n, k, s, p, o in zip(size, window.kernel, window.stride, window.pad, out, strict=True):
        margin = p if count_padding else 0
        starts = np.arange(o) * s - p
        counts = np.multiply.outer(
            counts, np.minimum(starts + k, n + margin) - np.maximum(starts, -margin)
        )
    return counts
