"""Swish: x times its own sigmoid."""

from collections.abc import Sequence

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from .families.elementwise import ElementwiseLayer


@register("Swish")
class Swish(ElementwiseLayer):
    """y = x * sigmoid(beta * x).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: swish_param { beta: 1 }
    Source: Ramachandran et al., "Searching for Activation Functions", 2017.
    """

    derivative_reads_x = False  # the sigmoid of the forward pass is kept
    gpu_formulas = "x * sigmoid(a * x)", "sigmoid(a * x) * (1 + a * x * (1 - sigmoid(a * x)))"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.beta = self.param.swish_param.beta

    def gpu_numbers(self) -> Sequence[float]:
        return [self.beta]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._sigmoid = Blob(bottom[0].shape, self.dtype)

    def function(self, x: Array, y: Array) -> None:
        sigmoid = np.multiply(x, 0.5 * self.beta, out=self._sigmoid.data)
        np.tanh(sigmoid, out=sigmoid)
        sigmoid *= 0.5
        sigmoid += 0.5
        np.multiply(x, sigmoid, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # sigmoid + beta y (1 - sigmoid)
        sigmoid = self._sigmoid.data
        np.subtract(1, sigmoid, out=space)
        space *= y
        space *= self.beta
        space += sigmoid
        return space
