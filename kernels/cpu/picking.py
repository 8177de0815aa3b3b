"""Picking: pooling that takes one input of each window, and sends the gradient back to it."""

from math import prod
from typing import Any

import numpy as np

from ...core import Array, Shape
from .chunks import chunks, longest


class Picking:
    """What max and stochastic pooling share: the memory of what was picked."""

    def __init__(self, x_shape: Shape, out: Shape, dtype: Any, keep_index: bool = True):
        n, c, *size = x_shape
        self._plane_shape = tuple(size)
        self._out = tuple(out)
        plane_size = prod(size)
        self._chunks = chunks(n * c, plane_size * np.dtype(dtype).itemsize)
        self._most = longest(self._chunks)
        self.index: Array = None
        if keep_index:
            self.index = np.zeros((n, c, *out), np.int32)
            self._flat = np.empty((self._most, *out), np.intp)
            planes = np.arange(self._most).reshape(-1, *(1,) * len(out))
            self._plane_starts = planes * plane_size

    def backward(self, dy, dx) -> None:
        dx, dy = self._inputs(dx), self._outputs(dy)
        index = self._outputs(self.index)
        for planes in self._chunks:
            target = dx[planes]
            target.fill(0)
            flat = self._flat_index(index[planes])
            np.add.at(target.reshape(-1), flat.reshape(-1), dy[planes].reshape(-1))

    def _flat_index(self, index):
        """From places in their planes to places in a chunk of planes."""
        count = len(index)
        return np.add(index, self._plane_starts[:count], out=self._flat[:count])

    def _inputs(self, x):
        return x.reshape(-1, *self._plane_shape)

    def _outputs(self, y):
        return y.reshape(-1, *self._out)
