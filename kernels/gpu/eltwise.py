"""Eltwise: sum, product or maximum of several blobs."""

from collections.abc import Sequence
from typing import Any, Literal

from ...core import Blobs, Call, Layout
from ..slope import Ceiling, Slope
from .combination import Combination, arrays_of
from .context import Context
from .fours import each_four
from .kernel import Wants

Operation = Literal["SUM", "PROD", "MAX"]


class Eltwise:
    """y = sum of coefficient_i * x_i, or the product or the maximum of the x_i.

    divides  whether the gradient of a product is y / x_i, not the product of the others
    learns   whether a backward pass is to come, for which a maximum notes where it is from
    """

    layout = Layout.EITHER

    def __init__(
        self,
        context: Context,
        operation: Operation,
        coefficients: Sequence[float],
        divides: bool = False,
        learns: bool = True,
    ):
        self._context, self._operation = context, operation
        self._coefficients = list(coefficients)
        self._divides, self._learns = divides, learns
        self.applies_relu = operation == "SUM"
        is_product = operation == "PROD"
        self.backward_reads = is_product, is_product and divides
        self._winners: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs, slope: Slope | None = None) -> Sequence[Call]:
        x, y = [blob.gpu_data for blob in bottom], top[0].gpu_data
        if self._operation == "SUM":
            return self._sum(x, y, slope)
        if self._operation == "PROD":
            return Combination(self._context, _product(len(x))).bind(y, x)
        if self._learns and self._winners is None:
            self._winners = self._context.zeros(y.size, "uint16")
        later = " ".join(f"TAKE({i})" for i in range(1, len(x)))
        function = self._function("maximum", y, LATER=later, **arrays_of(len(x)))
        return each_four(self._context, function, "maximum", [*x, y], y.size, self._winners)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        bind = {"SUM": self._sum_gradient, "PROD": self._product_gradient}.get(
            self._operation, self._maximum_gradient
        )
        # Backwards: in place the gradient of the first takes the place of dy.
        bound = [bind(i, top, bottom) for i in reversed(range(len(bottom))) if wants.bottoms[i]]
        return [call for calls in bound for call in calls]

    def _sum(self, x: list[Any], y: Any, slope: Slope | None) -> Sequence[Call]:
        numbers = list(self._coefficients)
        result = " + ".join(
            f"VALUE({i})" if c == 1 else f"c{i} * VALUE({i})" for i, c in enumerate(numbers)
        )
        if isinstance(slope, Ceiling):
            result = f"clamped({result}, 0.f, c{len(x)})"
        elif slope is not None:
            result = f"rectified({result}, c{len(x)})"
        if slope is not None:
            numbers.append(slope.limit if isinstance(slope, Ceiling) else slope)
        return Combination(self._context, result).bind(y, x, numbers)

    def _sum_gradient(self, i: int, top: Blobs, bottom: Blobs) -> Sequence[Call]:
        coefficient, dy, dx = self._coefficients[i], top[0].gpu_diff, bottom[i].gpu_diff
        if coefficient != 1:
            return Combination(self._context, "c0 * VALUE(0)").bind(dx, [dy], [coefficient])
        is_there = bottom[i].diff_memory is top[0].diff_memory
        return [] if is_there else self._context.copy_memory(dy, dx)

    def _product_gradient(self, i: int, top: Blobs, bottom: Blobs) -> Sequence[Call]:
        x, dy, dx = [blob.gpu_data for blob in bottom], top[0].gpu_diff, bottom[i].gpu_diff
        if self._divides:
            quotient = Combination(self._context, "VALUE(0) / VALUE(1) * VALUE(2)")
            return quotient.bind(dx, [top[0].gpu_data, x[i], dy])
        product = Combination(self._context, _product(len(x)))
        return product.bind(dx, [dy, *x[:i], *x[i + 1 :]])

    def _maximum_gradient(self, i: int, top: Blobs, bottom: Blobs) -> Sequence[Call]:
        dy, dx = top[0].gpu_diff, bottom[i].gpu_diff
        function = self._function("maximum_backward", dy)
        arguments = dy, self._winners, dx, dy.size, i
        return self._context.each(function, "maximum", dy.size, *arguments)

    def _function(self, name: str, like: Any, **macros: str) -> Any:
        return self._context.function("eltwise.cu", name, like.dtype, **macros)


def _product(count: int) -> str:
    return " * ".join(f"VALUE({i})" for i in range(count))
