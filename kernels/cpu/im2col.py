"""im2col and its adjoint, col2im, in any number of dimensions."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from .chunks import chunks, longest
from .padded_windows import PaddedWindows


class Im2col:
    """y[n, (c, *tap), *o] = x[n, c, *(o * stride - pad + tap * dilation)], zero outside x."""

    def __init__(self, x_shape: Shape, window: Window, dtype: Any):
        n, c, *size = x_shape
        self._columns_shape = (c, *window.kernel, *window.output_size(tuple(size)))
        self._chunks = chunks(n, prod(self._columns_shape) * np.dtype(dtype).itemsize)
        geometry = (longest(self._chunks), c, tuple(size), window, dtype)
        self._x, self._dx = PaddedWindows(*geometry), PaddedWindows(*geometry)

    def forward(self, x, y) -> None:
        columns = y.reshape(len(y), *self._columns_shape)
        for images in self._chunks:
            columns[images] = np.moveaxis(self._x.load(x[images]), -1, 0)

    def backward(self, dy, dx) -> None:
        columns = dy.reshape(len(dy), *self._columns_shape)
        for images in self._chunks:
            self._dx.add(np.moveaxis(columns[images], 0, -1), slice(None))
            self._dx.unload(dx[images])
