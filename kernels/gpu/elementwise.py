"""Elementwise: y = f(x), each number for itself."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class Elementwise:
    """y = f(x) and dx = dy f'(x).

    function    f as an expression of CUDA's C in x and the numbers a, b, c
    derivative  f' as one in x, y and these numbers; None for layers without a backward pass
    numbers     a, b and c, as many as there are
    keeps_x     whether a copy of x is kept: f' reads it, and y is written over it
    """

    layout = Layout.EITHER

    def __init__(
        self,
        context: Context,
        function: str,
        derivative: str | None,
        numbers: Sequence[float] = (),
        reads_x: bool = True,
    ):
        self._context, self._reads_x = context, reads_x
        self._numbers = tuple(map(float, (*numbers, 0, 0, 0)[:3]))
        self._macros = {"FUNCTION": f"({function})"}
        if derivative is not None:
            self._macros["DERIVATIVE"] = f"({derivative})"
        self._kept: Any = None

    @property
    def backward_reads(self) -> tuple[bool, bool]:
        """The bottom unless y tells the derivative."""
        return self._reads_x, True

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        keeping = []
        if bottom[0] is top[0] and self._reads_x and "DERIVATIVE" in self._macros:
            if self._kept is None or self._kept.size != x.size:
                self._kept = self._context.zeros(x.size, x.dtype)
            keeping = self._context.copy_memory(x, self._kept)
        function = self._function("forward", x)
        return keeping + self._context.each(
            function, "elementwise", x.size, x, y, x.size, *self._numbers
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        x, y = bottom[0].gpu_data, top[0].gpu_data
        if bottom[0] is top[0] and self._kept is not None:
            x = self._kept
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        function = self._function("backward", y)
        return self._context.each(
            function, "elementwise", y.size, x, y, dy, dx, y.size, *self._numbers
        )

    def _function(self, name: str, like: Any) -> Any:
        return self._context.function("elementwise.cu", name, like.dtype, **self._macros)
