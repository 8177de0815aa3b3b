"""NegReLU: ReLU that lets negative numbers through."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("NegReLU")
class NegReLU(ElementwiseLayer):
    """y = x where x < 0, else negative_slope * x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: relu_param { negative_slope: 0 }
    Source: FlowNet 2.0's Caffe.
    """

    gpu_formulas = "x < 0 ? x : a * x", "x < 0 ? 1.f : a"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._slope_above = self.param.relu_param.negative_slope

    def gpu_numbers(self) -> Sequence[float]:
        return [self._slope_above]

    def function(self, x: Array, y: Array) -> None:
        above = np.maximum(x, 0, out=self.scratch.data)
        above *= self._slope_above
        np.minimum(x, 0, out=y)
        y += above

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        np.less(x, 0, out=space)
        space *= 1 - self._slope_above
        space += self._slope_above
        return space
