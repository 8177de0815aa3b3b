"""StochasticPooling: a value of each window, drawn by its size."""

from collections.abc import Callable, Sequence
from typing import Any

from ...core import Blobs, Call, Layout, Window
from .context import Context
from .kernel import Wants
from .max_pooling import spread_picked
from .windows import Windows, tap_type


class StochasticPooling:
    """y = x[i] with probability max(x[i], 0) / the sum of max(x, 0) under the window.

    bottom  x (N, C, *size), one to three spatial axes
    top     y (N, C, *out)

    Where nothing is positive, the first place is taken. What is drawn follows from a key and the
    number of a window in the order of y's axes; `key` gives 64 random bits for each pass. The
    host draws one number after the other instead, so results differ from its results.
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False

    def __init__(self, context: Context, window: Window, key: Callable[[], int]):
        self._context, self._window = context, window
        self._key = context.changing.add("uint64", key)
        self._taps: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        if not y.size:
            return []
        numpy_type, c_type = tap_type(self._window)
        if self._taps is None:
            self._taps = self._context.zeros(y.size, numpy_type)
        windows = Windows(self._context, self._window, x, y)
        function = windows.function("stochastic_pooling.cu", "draw", x.dtype, TAP=c_type)
        count = windows.count(y)
        return self._context.each(
            *(function, "stochastic pooling", count),
            *(x, y, self._taps, self._key, count, *windows.sizes),
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        if not wants.bottoms[0] or not dy.size:
            return []
        return spread_picked(self._context, self._window, dy, self._taps, dx)
