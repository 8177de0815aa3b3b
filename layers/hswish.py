"""HSwish: x times a sigmoid made of straight lines."""

import numpy as np

from ..core import Array, register
from .families.elementwise import ElementwiseLayer


@register("HSwish")
class HSwish(ElementwiseLayer):
    """y = x min(max(x + 3, 0), 6) / 6.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    The derivative is taken as 0 at -3 and as 1 at 3.

    Source: Howard et al., "Searching for MobileNetV3", ICCV 2019; several forks of Caffe.
    """

    gpu_formulas = (
        "x * clamped(x + 3, 0.f, 6.f) / 6",
        "x <= -3 ? 0.f : x >= 3 ? 1.f : x * (1.f / 3) + 0.5f",
    )

    def function(self, x: Array, y: Array) -> None:
        gate = np.add(x, 3, out=self.scratch.data)
        np.clip(gate, 0, 6, out=gate)
        gate /= 6
        np.multiply(x, gate, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # (2 x + 3) / 6 between the corners
        np.multiply(x, 1 / 3, out=space)
        space += 0.5
        space[x <= -3] = 0
        space[x >= 3] = 1
        return space
