"""Max pooling of whole planes into few bins, each scanned for its largest number."""

import numpy as np
from numba import njit

from ...core import Array, Shape, Window

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class Bins:
    """y = the largest x under each window, the first of equals."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape):
        self._plane, self._out = (-1, *x_shape[2:]), (-1, *out)
        self._window = np.array([*window.kernel, *window.stride, *window.pad])
        self._index: Array = np.zeros((*x_shape[:2], *out), np.int32).reshape(self._out)

    def forward(self, x, y) -> None:
        _scan(x.reshape(self._plane), y.reshape(self._out), self._index, self._window)

    def add_back(self, dy, dx) -> None:
        """Add each gradient to that of the number it came from."""
        _add_back(dy.reshape(self._out), self._index, dx.reshape(self._plane))


@_compiled
def _scan(x, y, index, window):
    kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w = window
    planes, h, w = x.shape
    _, out_h, out_w = y.shape
    for p in range(planes):
        for o in range(out_h):
            top, bottom = max(0, o * stride_h - pad_h), min(h, o * stride_h - pad_h + kernel_h)
            for q in range(out_w):
                left, right = max(0, q * stride_w - pad_w), min(w, q * stride_w - pad_w + kernel_w)
                best, place = x[p, top, left], top * w + left
                for i in range(top, bottom):
                    row = x[p, i]
                    for j in range(left, right):
                        # nan, once found, stays. No branches: which way is anyone's guess.
                        is_newer = (not row[j] <= best) & (best == best)
                        best = row[j] if is_newer else best
                        place = i * w + j if is_newer else place
                y[p, o, q], index[p, o, q] = best, place


@_compiled
def _add_back(dy, index, dx):
    for p in range(len(dy)):
        plane, places, gradients = dx[p].ravel(), index[p].ravel(), dy[p].ravel()
        for o in range(len(places)):
            plane[places[o]] += gradients[o]
