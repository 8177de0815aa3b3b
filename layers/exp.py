"""Exp: exponential function."""

from collections.abc import Sequence
from math import exp, log

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Exp")
class Exp(ElementwiseLayer):
    """y = base ** (shift + scale * x).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Base -1 stands for e.

    Prototxt: exp_param { base: -1  scale: 1  shift: 0 }
    Source: Caffe's ExpLayer.
    """

    derivative_reads_x = False
    gpu_formulas = "expf(a * x) * b", "a * y"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.exp_param
        if param.base != -1 and param.base <= 0:
            raise self.error(f"exp_param.base: {param.base:g} must be above 0, or -1 for e")
        log_base = 1 if param.base == -1 else log(param.base)
        self._inner = log_base * param.scale
        try:
            self._outer = exp(log_base * param.shift)
        except OverflowError:
            raise self.error(
                f"exp_param.shift: {param.shift:g} is too large: base ** shift is infinite"
            ) from None

    def gpu_numbers(self) -> Sequence[float]:
        return [self._inner, self._outer]

    def function(self, x: Array, y: Array) -> None:
        np.multiply(x, self._inner, out=y)
        np.exp(y, out=y)
        y *= self._outer

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        return np.multiply(y, self._inner, out=space)
