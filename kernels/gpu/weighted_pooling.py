"""WeightedPooling: what stochastic pooling gives on average."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout, Window
from .context import Context
from .kernel import Wants
from .launch import Launch
from .windows import Windows


class WeightedPooling:
    """y = sum of x^2 / sum of x under each window, over the x that are positive; 0 without any.

    bottom  x (N, C, *size), one to three spatial axes
    top     y (N, C, *out)
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = True, True

    def __init__(self, context: Context, window: Window):
        self._context, self._window = context, window
        self._totals: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        if self._totals is None:
            self._totals = self._context.zeros(y.size)
        return self._launch("expect", y, x, y)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        x, y = bottom[0].gpu_data, top[0].gpu_data
        return self._launch("expect_backward", dx, x, y, dy, dx)

    def _launch(self, name: str, target: Array, *arrays: Array) -> list[Launch]:
        """The launch with a thread for each pack of the target; x and y are the first arrays."""
        if not target.size:
            return []
        windows = Windows(self._context, self._window, *arrays)
        function = windows.function("stochastic_pooling.cu", name, target.dtype)
        count = windows.count(target)
        return self._context.each(
            function, name, count, *arrays, self._totals, count, *windows.sizes
        )
