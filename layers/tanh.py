"""TanH: hyperbolic tangent."""

import numpy as np

from ..core import Array, register
from .families.activation import Activation


@register("TanH")
class TanH(Activation):
    """y = tanh(x).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Caffe's TanHLayer.
    """

    derivative_reads_x = False
    gpu_formulas = "tanhf(x)", "1 - y * y"

    def function(self, x: Array, y: Array) -> None:
        np.tanh(x, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        np.multiply(y, y, out=space)
        return np.subtract(1, space, out=space)
