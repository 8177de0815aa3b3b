"""Mish: x times the tanh of its softplus."""

import numpy as np

from ..core import Array, Blob, Blobs, register
from .families.elementwise import ElementwiseLayer


@register("Mish")
class Mish(ElementwiseLayer):
    """y = x tanh(log(1 + exp(x))).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", BMVC 2020;
            several forks of Caffe.
    """

    gpu_formulas = (
        "x * tanhf(softplus(x))",
        "tanhf(softplus(x)) + x * sigmoid(x) * (1 - tanhf(softplus(x)) * tanhf(softplus(x)))",
    )

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._gate: Blob = bottom[0].like()

    def function(self, x: Array, y: Array) -> None:
        gate = np.logaddexp(x, 0, out=self._gate.data)
        np.tanh(gate, out=gate)
        np.multiply(x, gate, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # gate + x (1 - gate^2) sigmoid(x)
        gate = self._gate.data
        sigmoid = np.multiply(x, 0.5, out=self.scratch.data)
        np.tanh(sigmoid, out=sigmoid)
        sigmoid += 1
        sigmoid *= 0.5
        np.multiply(gate, gate, out=space)
        np.subtract(1, space, out=space)
        space *= sigmoid
        space *= x
        space += gate
        return space
