"""Reduction: sums and means over the trailing axes."""

from collections.abc import Sequence
from typing import Literal

from ...core import Blobs, Call, Shape
from .broadcast import Broadcast
from .context import Context
from .folded import fold_axes, layout_of_axes
from .kernel import Wants
from .part_sums import PartSums

Operation = Literal["SUM", "ASUM", "SUMSQ", "MEAN"]

# Terms, and gradients in the gradient s of their sum.
FORMULAS = {
    "SUM": ("x", "a * s"),
    "ASUM": ("fabsf(x)", "a * s * ((x > 0) - (x < 0))"),
    "SUMSQ": ("x * x", "2 * a * s * x"),
    "MEAN": ("x", "a * s"),
}


class Reduction:
    """y = coefficient * the sum of x, |x| or x^2 over `axis` and all later axes of x's shape."""

    exact_tops = (0,)

    def __init__(
        self, context: Context, operation: Operation, shape: Shape, axis: int, coefficient: float
    ):
        self._context, self._axis, self._coefficient = context, axis, coefficient
        self.layout = layout_of_axes(shape, 0, axis)
        term, gradient = FORMULAS[operation]
        self.backward_reads = operation in ("ASUM", "SUMSQ"), False
        self._sums, self._gradient = PartSums(context, term), Broadcast(context, gradient)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y, folded = bottom[0].gpu_data, top[0].gpu_data, fold_axes(bottom[0], 0, self._axis)
        return self._sums.bind(folded, y, x, factor=self._coefficient)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        x, dx, dy = bottom[0].gpu_data, bottom[0].gpu_diff, top[0].gpu_diff
        folded = fold_axes(bottom[0], 0, self._axis)
        return self._gradient.bind(folded, dx, x, s=dy, a=self._coefficient)
