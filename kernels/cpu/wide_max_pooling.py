"""Max pooling where windows have more taps than there are windows, as in global pooling."""

from typing import Any

import numpy as np

from ...core import Shape, Window
from .picking import Picking


class WideMaxPooling(Picking):
    """MaxPooling, one window after the other."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
        super().__init__(x_shape, out, dtype, keep_index)
        size = self._plane_shape
        places = np.arange(np.prod(size), dtype=np.int32).reshape(size)
        self._windows = []
        for position in np.ndindex(*out):
            starts = (
                o * s - p for o, s, p in zip(position, window.stride, window.pad, strict=True)
            )
            region = tuple(
                slice(max(start, 0), start + k)
                for start, k in zip(starts, window.kernel, strict=True)
            )
            self._windows.append((position, region, places[region].reshape(-1)))

    def forward(self, x, y) -> None:
        x, y = self._inputs(x), self._outputs(y)
        for planes in self._chunks:
            for position, region, places in self._windows:
                values = x[planes, *region].reshape(-1, len(places))
                np.max(values, axis=1, out=y[planes, *position])
                if self.index is not None:
                    self._outputs(self.index)[planes, *position] = places[values.argmax(axis=1)]
