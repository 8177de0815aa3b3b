"""Elementwise: y = f(x), each number for itself."""

import re
from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from .context import Context
from .fours import each_four
from .kept_copy import KeptCopy
from .kernel import Wants


class Elementwise:
    """y = f(x) and dx = dy f'(x).

    function    f as an expression of CUDA's C in x and the numbers a, b, c
    derivative  f' as one in x, y and these numbers; None where nobody wants dx
    numbers     a, b and c, as many as there are
    gradient    dx as one in dy as well, for what is no product of dy; else None

    In place a copy of x is kept if f' or dx reads x. Expressions may use functions.cuh.
    """

    layout = Layout.EITHER

    def __init__(
        self,
        context: Context,
        function: str,
        derivative: str | None,
        numbers: Sequence[float] = (),
        gradient: str | None = None,
    ):
        self._context = context
        self._numbers = tuple(map(float, (*numbers, 0, 0, 0)[:3]))
        self._function, self._derivative = function, derivative
        self._macros = {"FUNCTION": f"({function})"}
        if gradient is None and derivative is not None:
            gradient = f"dy * ({derivative})"
        if gradient is not None:
            self._macros["GRADIENT"] = f"({gradient})"
        self.backward_reads = _reads(gradient, "x"), _reads(gradient, "y")
        self._kept = KeptCopy(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        is_in_place = bottom[0] is top[0]
        if is_in_place and self._function == "x":
            return []
        x, y = bottom[0].gpu_data, top[0].gpu_data
        keeping = self._kept.take(x) if is_in_place and self.backward_reads[0] else []
        function = self._compiled("forward", x)
        arrays = self._context, function, "elementwise", [x, y]
        return keeping + each_four(*arrays, x.size, *self._numbers)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        is_in_place = bottom[0] is top[0]
        if not wants.bottoms[0] or (is_in_place and self._derivative == "1.f"):
            return []
        x, y = bottom[0].gpu_data, top[0].gpu_data
        if is_in_place and self.backward_reads[0]:
            x = self._kept.array
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        function = self._compiled("backward", y)
        arrays = self._context, function, "elementwise", [x, y, dy, dx]
        return each_four(*arrays, y.size, *self._numbers)

    def _compiled(self, name: str, like: Any) -> Any:
        return self._context.function("elementwise.cu", name, like.dtype, **self._macros)


def _reads(expression: str | None, name: str) -> bool:
    return expression is not None and re.search(rf"\b{name}\b", expression) is not None
