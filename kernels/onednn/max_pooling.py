"""Max pooling on plain or channels-last arrays."""

from typing import Any

from ...core import Array, Shape, Window
from ...core.calls import Calls
from ..cpu.taps import window_starts
from .enumerators import Argument, Pooling
from .memory import Memory
from .pooling import PoolingKernel
from .window_counts import check_every_window_sees_x


class MaxPooling(PoolingKernel):
    """y = the largest x under each window; index = the first place that has it."""

    def __init__(
        self,
        x_shape: Shape,
        window: Window,
        out: Shape,
        dtype: Any,
        keep_index: bool,
        channels_last: tuple[bool, bool],
        workspace: Any,
    ):
        size = tuple(x_shape[2:])
        check_every_window_sees_x(size, window, out)
        geometry = x_shape, window, out, dtype
        super().__init__(Pooling.MAX, *geometry, channels_last, workspace, training=keep_index)
        if not keep_index:
            return
        self._taken = Memory(self.planned.arguments()[Argument.WORKSPACE])  # taps, row by row
        self.kept = {Argument.WORKSPACE: self._taken}
        ones, zeros = (1,) * window.axes, (0,) * window.axes
        step = Window(ones, stride=ones, pad=zeros, dilation=ones)
        self._offsets = window_starts(size, step, window.kernel).reshape(-1)
        self._starts = window_starts(size, window, out)

    @property
    def index(self) -> Array:
        """The place of each maximum in its flat plane, made when asked for."""
        return self._offsets[self._taken.array] + self._starts

    def forward(self, x, y) -> None:
        self.forward_on_arrays(x=x, y=y)

    def backward(self, dy, dx) -> None:
        self.backward_on_arrays(dy=dy, dx=dx)

    def bind_forward(self, x, y) -> Calls:
        """As forward."""
        return self.stage_forward().hold(x=x, y=y).calls

    def bind_backward(self, dy, dx) -> Calls:
        """As backward."""
        return self.stage_backward().hold(dy=dy, dx=dx).calls
