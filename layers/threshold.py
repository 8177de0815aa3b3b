"""Threshold: which values exceed a bound."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Threshold")
class Threshold(ElementwiseLayer):
    """y = 1 where x > threshold, else 0; has no backward pass.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: threshold_param { threshold: 0 }
    Source: Caffe's ThresholdLayer.
    """

    derivative_reads_x = False
    gpu_formulas = "x > a ? 1.f : 0.f", None

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.threshold = self.param.threshold_param.threshold

    def gpu_numbers(self) -> Sequence[float]:
        return [self.threshold]

    def function(self, x: Array, y: Array) -> None:
        np.greater(x, self.threshold, out=y)
