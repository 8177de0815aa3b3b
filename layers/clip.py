"""Clip: keep values within bounds."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Clip")
class Clip(ElementwiseLayer):
    """y = min(max(x, min), max).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    The gradient passes where min <= x <= max.

    Prototxt: clip_param { min: (required) max: (required) }
    Source: Caffe's ClipLayer.
    """

    gpu_formulas = "clamped(x, a, b)", "x >= a && x <= b ? 1.f : 0.f"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if not self.param.HasField("clip_param"):
            raise self.error("clip_param is missing; give its min and max")
        self.low, self.high = self.param.clip_param.min, self.param.clip_param.max
        if self.low > self.high:
            raise self.error(
                f"clip_param.min: {self.low:g} is above clip_param.max ({self.high:g})"
            )

    def gpu_numbers(self) -> Sequence[float]:
        return [self.low, self.high]

    def function(self, x: Array, y: Array) -> None:
        np.clip(x, self.low, self.high, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # What clipping left alone was within bounds.
        return np.equal(x, y, out=space)
