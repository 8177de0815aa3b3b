"""Hardsigmoid: straight lines in the place of the logistic function."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Hardsigmoid")
class Hardsigmoid(ElementwiseLayer):
    """y = min(max(alpha x + beta, 0), 1).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    The gradient is 0 where y is 0 or 1.

    Prototxt: hardsigmoid_param { alpha: 0.2  beta: 0.5 }
    Source: Courbariaux et al., "BinaryConnect", NeurIPS 2015; several forks of Caffe.
    """

    derivative_reads_x = False
    gpu_formulas = "clamped(a * x + b, 0.f, 1.f)", "y > 0 && y < 1 ? a : 0.f"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.hardsigmoid_param
        self.alpha, self.beta = param.alpha, param.beta

    def gpu_numbers(self) -> Sequence[float]:
        return [self.alpha, self.beta]

    def function(self, x: Array, y: Array) -> None:
        np.multiply(x, self.alpha, out=y)
        y += self.beta
        np.clip(y, 0, 1, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        np.multiply(y > 0, y < 1, out=space)
        space *= self.alpha
        return space


@register("HardSigmoid")
class HardSigmoid(Hardsigmoid):
    """y = min(max(alpha x + beta, 0), 1): Hardsigmoid as other forks spell it.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: hardsigmoid_param { alpha: 0.2  beta: 0.5 }
    Source: Courbariaux et al., "BinaryConnect", NeurIPS 2015; several forks of Caffe.
    """
