"""MaxPooling: the largest value under each window."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout, Shape, Window
from .context import Context
from .kernel import Wants
from .launch import Launch
from .planes import Planes
from .windows import Windows, covers_planes, is_channels_last, tap_type


class MaxPooling:
    """y = the largest x under each window: of equals the first, and NaN over all.

    bottom  x (N, C, *size), one to three spatial axes
    top[0]  y (N, C, *out)
    top[1]  optional: the place of each maximum in its plane, floats

    keeps   whether there will be a backward pass. It goes from each place of x through the windows
            over it, so that sums are taken in one order.
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False
    exact_tops = (1,)

    def __init__(self, context: Context, window: Window, size: Shape, out: Shape, keeps: bool):
        self._context, self._window, self._keeps = context, window, keeps
        self._is_one = covers_planes(window, size, out)
        self._taken: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        mask = top[1].gpu_data if len(top) > 1 else None
        return self.forward(bottom[0].gpu_data, top[0].gpu_data, mask)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        return self.backward(top[0].gpu_diff, bottom[0].gpu_diff)

    def forward(self, x: Array, y: Array, mask: Array = None) -> list[Launch]:
        """The launches that write y and mask."""
        if not y.size:
            return []
        numpy_type, c_type = ("int32", "int") if self._is_one else tap_type(self._window)
        if self._keeps and self._taken is None:
            self._taken = self._context.zeros(y.size, numpy_type)
        if self._is_one:
            return Planes(self._context, x).pool("largest", x, y, self._taken, mask)
        windows = Windows(self._context, self._window, x, y, *([] if mask is None else [mask]))
        mask_last = is_channels_last(y if mask is None else mask)
        function = windows.function(
            "max_pooling.cu", "forward", x.dtype, TAP=c_type, MASK_LAST=int(mask_last)
        )
        count = windows.count(y)
        return self._context.each(
            *(function, "max pooling", count, x, y, self._taken, mask, count, *windows.sizes)
        )

    def backward(self, dy: Array, dx: Array, *, adds: bool = False) -> list[Launch]:
        """The launches that write dx, or add to it; forward comes before."""
        if not dy.size:
            return []
        if self._is_one:
            planes = Planes(self._context, dx)
            return planes.spread("largest_backward", dx, dy, self._taken, dx, adds)
        return spread_picked(self._context, self._window, dy, self._taken, dx, adds)


def spread_picked(
    context: Context, window: Window, dy: Array, taps: Array, dx: Array, adds: bool = False
) -> list[Launch]:
    """The launch that gives dy to what was picked of each window, by its number in the window."""
    windows = Windows(context, window, dx, dy)
    c_type = tap_type(window)[1]
    # MASK_LAST is read by the forward pass alone.
    function = windows.function("max_pooling.cu", "backward", dx.dtype, TAP=c_type, MASK_LAST=0)
    count = windows.count(dx)
    return context.each(
        *(function, "max pooling, backward", count, dy, taps, dx, adds, count, *windows.sizes)
    )
