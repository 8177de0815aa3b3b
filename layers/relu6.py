"""ReLU6: a rectified linear unit that saturates at 6."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Shape, register
from .families.activation import Activation


@register("ReLU6")
class ReLU6(Activation):
    """y = min(x, 6) where x > 0, else negative_slope * x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    The gradient is 0 from 6 on.

    Prototxt: relu6_param { negative_slope: 0 }
    Source: Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010; Howard et al.,
            "MobileNets", 2017; the ReLU6Layer of MobileNet-YOLO.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.slope = self.param.relu6_param.negative_slope
        # y tells what x was, unless the slope turns it around or levels it.
        self.derivative_reads_x = self.slope != 0
        self.gpu_formulas = "clamped(x, 0.f, 6.f)", "y > 0 && y < 6 ? 1.f : 0.f"
        if self.slope:
            function = "x > 6 ? 6.f : x > 0 ? x : a * x > 6 ? 6.f : a * x"
            self.gpu_formulas = function, "x <= 0 ? a : x >= 6 ? 0.f : 1.f"

    def gpu_numbers(self) -> Sequence[float]:
        return [self.slope]

    def function(self, x: Array, y: Array) -> None:
        if not self.slope:
            np.clip(x, 0, 6, out=y)
            return
        leak = np.minimum(x, 0, out=self.scratch.data)
        leak *= self.slope
        np.maximum(x, 0, out=y)
        y += leak
        np.minimum(y, 6, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        if not self.slope:
            np.multiply(y > 0, y < 6, out=space)
            return space
        np.copyto(space, 1)
        space[x <= 0] = self.slope
        space[x >= 6] = 0
        return space
