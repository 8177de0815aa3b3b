"""Max pooling on plain arrays."""

from typing import Any

from ...core import Array, Shape, Window
from ..cpu.taps import window_starts
from .descriptors import Descriptor
from .enumerators import Argument, Pooling
from .memory import Memory
from .operations import pooling
from .staged import Spaces, Staged
from .window_counts import check_every_window_sees_x


class MaxPooling:
    """y = the largest x under each window; index = the first place that has it."""

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
        n, c, *size = x_shape
        check_every_window_sees_x(tuple(size), window, out)
        x, y = Descriptor.plain(x_shape, dtype), Descriptor.plain((n, c, *out), dtype)
        forward = pooling.forward(Pooling.MAX, x, y, window, training=keep_index)
        if not keep_index:
            self._forward = Staged(forward, Spaces([forward]), {Argument.X: x}, {Argument.Y: y})
            return
        backward = pooling.backward(Pooling.MAX, x, y, window, forward)
        spaces = Spaces([forward, backward])
        self._taken = Memory(forward.arguments()[Argument.WORKSPACE])  # taps, row by row
        kept = {Argument.WORKSPACE: self._taken}
        self._forward = Staged(forward, spaces, {Argument.X: x}, {Argument.Y: y}, kept)
        self._backward = Staged(backward, spaces, {Argument.DY: y}, {Argument.DX: x}, kept)
        ones, zeros = (1,) * window.axes, (0,) * window.axes
        step = Window(ones, stride=ones, pad=zeros, dilation=ones)
        self._offsets = window_starts(tuple(size), step, window.kernel).reshape(-1)
        self._starts = window_starts(tuple(size), window, out)

    @property
    def index(self) -> Array:
        """The place of each maximum in its flat plane, made when asked for."""
        return self._offsets[self._taken.array] + self._starts

    def forward(self, x, y) -> None:
        self._forward(x, y)

    def backward(self, dy, dx) -> None:
        self._backward(dy, dx)
