"""Unpooling: numbers put back where a pooling found them."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from .context import Context
from .faults import Explain
from .kernel import Wants

FILE = "unpooling.cu"


class Unpooling:
    """y = 0, but x where the mask, bottom[1], says; the last of several for one place.

    explain  gives the error of a mask that names a place outside the planes of y
    """

    layout = Layout.EITHER
    backward_reads = True, False
    exact_bottoms = (1,)

    def __init__(self, context: Context, explain: Explain):
        self._context, self._explain = context, explain
        self._last: Any = None
        self._fault: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        (x, mask), y, context = [blob.gpu_data for blob in bottom], top[0].gpu_data, self._context
        if self._fault is None:
            self._fault = context.faults.add(self._explain)
        if self._last is None:
            self._last = context.zeros(y.size, "int32")
        find = context.function(FILE, "find_last")
        put = context.function(FILE, "put", x.dtype)
        geometry = self._geometry(bottom, top)
        return [
            *context.each(
                find, "find_last", x.size, mask, x.size, *geometry, self._last, self._fault
            ),
            *context.each(put, "put", y.size, x, self._last, y, y.size),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        mask, dy, dx = bottom[1].gpu_data, top[0].gpu_diff, bottom[0].gpu_diff
        take = self._context.function(FILE, "take", dx.dtype)
        geometry = self._geometry(bottom, top)
        return self._context.each(take, "take", dx.size, mask, dx.size, *geometry, dy, dx)

    def _geometry(self, bottom: Blobs, top: Blobs) -> tuple[int, int, int]:
        """Numbers of a plane of x and of y, and how far apart its neighbours lie."""
        _, c, h, w = bottom[0].shape
        _, _, height, width = top[0].shape
        return h * w, height * width, c if bottom[0].channels_last else 1
