"""AveragePooling: the mean under each window."""

from collections.abc import Sequence
from math import prod

from ...core import Array, Blobs, Call, Layout, Shape, Window
from .context import Context
from .kernel import Wants
from .launch import Launch
from .planes import Planes
from .windows import Windows, covers_planes


class AveragePooling:
    """y = the sum of x under each window / how many places count.

    bottom  x (N, C, *size), one to three spatial axes
    top     y (N, C, *out)

    counts_padding  whether places in the padding count, as far as it reaches on both sides of x
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False

    def __init__(
        self, context: Context, window: Window, size: Shape, out: Shape, counts_padding: bool
    ):
        self._context, self._window = context, window
        self._counts_padding = counts_padding
        self._is_one = covers_planes(window, size, out)
        # Of the one window, if it is one.
        self._divisor = float(prod(self._lengths(size)))

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self.forward(bottom[0].gpu_data, top[0].gpu_data)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        return self.backward(top[0].gpu_diff, bottom[0].gpu_diff)

    def forward(self, x: Array, y: Array) -> list[Launch]:
        """The launches that write y."""
        if not y.size:
            return []
        if self._is_one:
            return Planes(self._context, x).pool("mean", x, y, self._divisor)
        windows = Windows(self._context, self._window, x, y)
        return self._launch("forward", windows, windows.count(y), x, x, y)

    def backward(self, dy: Array, dx: Array, *, adds: bool = False) -> list[Launch]:
        """The launches that write dx, or add to it."""
        if not dy.size:
            return []
        if self._is_one:
            planes = Planes(self._context, dx)
            return planes.spread("mean_backward", dx, dy, dx, adds, self._divisor)
        windows = Windows(self._context, self._window, dx, dy)
        return self._launch("backward", windows, windows.count(dx), dx, dy, dx, adds)

    def _launch(self, name: str, windows: Windows, count: int, x: Array, *arguments) -> list:
        padding = int(self._counts_padding)
        function = windows.function("average_pooling.cu", name, x.dtype, COUNTS_PADDING=padding)
        label = f"average pooling, {name}"
        return self._context.each(function, label, count, *arguments, count, *windows.sizes)

    def _lengths(self, size: Shape) -> list[int]:
        """How many places of the first window count, along each axis."""
        window = self._window
        if not self._counts_padding:
            return list(size)
        return [min(k, n + 2 * p) for k, p, n in zip(window.kernel, window.pad, size, strict=True)]
