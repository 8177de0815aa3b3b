"""Log: logarithm."""

from collections.abc import Sequence
from math import log

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Log")
class Log(ElementwiseLayer):
    """y = log(shift + scale * x), to the given base.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Base -1 stands for e. The logarithm of 0 is -inf, that of a negative number nan.

    Prototxt: log_param { base: -1  scale: 1  shift: 0 }
    Source: Caffe's LogLayer.
    """

    gpu_formulas = "logf(a * x + b) * c", "a * c / (a * x + b)"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.log_param
        if param.base != -1 and (param.base <= 0 or param.base == 1):
            raise self.error(
                f"log_param.base: {param.base:g} must be above 0 and not 1, or -1 for e"
            )
        self._per_log_base = 1 if param.base == -1 else 1 / log(param.base)
        self.scale, self.shift = param.scale, param.shift

    def gpu_numbers(self) -> Sequence[float]:
        return [self.scale, self.shift, self._per_log_base]

    def function(self, x: Array, y: Array) -> None:
        self._affine(x, y)
        np.log(y, out=y)
        y *= self._per_log_base

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        self._affine(x, space)
        return np.divide(self.scale * self._per_log_base, space, out=space)

    def _affine(self, x: Array, out: Array) -> None:
        np.multiply(x, self.scale, out=out)
        out += self.shift
