"""ReLU: rectified linear unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Array, Blobs, Calls, Shape, register
from ..kernels import bind, cpu
from .families.elementwise import ElementwiseLayer


@register("ReLU")
class ReLU(ElementwiseLayer):
    """y = x where x > 0, else negative_slope * x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: relu_param { negative_slope: 0 }
    Source: Nair and Hinton, "Rectified Linear Units Improve RBMs", ICML 2010; leaky: Maas et
    al., "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML 2013.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.slope = self.param.relu_param.negative_slope
        # y has the sign of x unless the slope turns it around.
        self.derivative_reads_x = self.slope < 0
        known = "x" if self.derivative_reads_x else "y"
        self.gpu_formulas = "rectified(x, a)", f"{known} > 0 ? 1.f : a"

    def gpu_numbers(self) -> Sequence[float]:
        return [self.slope]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._gate = bottom[0].like(bool)
        self._kernel: Any = cpu.prepare_relu(
            bottom[0].count, self.slope, self.dtype, **self.placing(bottom[0], top[0])
        )

    def function(self, x: Array, y: Array) -> None:
        if self._kernel:
            self._kernel.forward(x, y)
            return
        if not self.slope:
            np.maximum(x, 0, out=y)
            return
        leak = np.minimum(x, 0, out=self.scratch.data)
        leak *= self.slope
        np.maximum(x, 0, out=y)
        y += leak

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        if not self.slope:
            return np.greater(x, 0, out=self._gate.data)
        np.greater(x, 0, out=space)
        space *= 1 - self.slope
        space += self.slope
        return space

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self._kernel:
            super().backward_cpu(top, bottom)
        elif self.propagate_down[0]:
            self._kernel.backward(self.input(bottom), top[0].diff, bottom[0].diff)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if self._kernel is None or self._kept_x:
            return super().bind_forward(bottom, top, constant=constant)
        return bind(self._kernel, "forward", bottom[0].data, top[0].data)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._kernel is None:
            return super().bind_backward(top, bottom, adds)
        if not self.propagate_down[0]:
            return Calls([])
        return bind(self._kernel, "backward", self.input(bottom), top[0].diff, bottom[0].diff)
