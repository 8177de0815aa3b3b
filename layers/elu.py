"""ELU: exponential linear unit."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.activation import Activation


@register("ELU")
class ELU(Activation):
    """y = x where x > 0, else alpha * (exp(x) - 1).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: elu_param { alpha: 1 }
    Source: Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units",
    ICLR 2016.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.alpha = self.param.elu_param.alpha
        # y has the sign of x unless alpha turns it around.
        self.derivative_reads_x = self.alpha < 0
        known = "x" if self.derivative_reads_x else "y"
        self.gpu_formulas = "x > 0 ? x : a * expm1f(x)", f"{known} > 0 ? 1.f : y + a"

    def gpu_numbers(self) -> Sequence[float]:
        return [self.alpha]

    def function(self, x: Array, y: Array) -> None:
        below = np.minimum(x, 0, out=self.scratch.data)
        np.expm1(below, out=below)
        below *= self.alpha
        np.maximum(x, 0, out=y)
        y += below

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # 1 where x > 0, else alpha exp(x) = y + alpha
        below = np.add(y, self.alpha - 1, out=self.scratch.data)
        np.less_equal(x, 0, out=space)
        space *= below
        space += 1
        return space
