"""ReLU: rectified linear unit."""

from typing import Any

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import kernels_for
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

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._gate = Blob(bottom[0].shape, bool, self.xp)
        self._kernel: Any = None
        if not self.on_gpu:
            self._kernel = kernels_for(self.device).prepare_relu(bottom[0].count, self.slope)

    def function(self, x: Array, y: Array) -> None:
        if self._kernel:
            self._kernel.forward(x, y)
            return
        if not self.slope:
            self.xp.maximum(x, 0, out=y)
            return
        leak = self.xp.minimum(x, 0, out=self.scratch.data)
        leak *= self.slope
        self.xp.maximum(x, 0, out=y)
        y += leak

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        if not self.slope:
            return self.xp.greater(x, 0, out=self._gate.data)
        self.xp.greater(x, 0, out=space)
        space *= 1 - self.slope
        space += self.slope
        return space

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self._kernel:
            super().backward_cpu(top, bottom)
        elif self.propagate_down[0]:
            self._kernel.backward(self.input(bottom), top[0].diff, bottom[0].diff)
