"""BNLL: binomial normal log likelihood, also known as softplus."""

import numpy as np

from ..core import Array, register
from .families.elementwise import ElementwiseLayer


@register("BNLL")
class BNLL(ElementwiseLayer):
    """y = log(1 + exp(x)), also known as softplus.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Caffe's BNLLLayer; softplus: Dugas et al., NIPS 2000.
    """

    derivative_reads_x = False
    gpu_formulas = "softplus(x)", "-expm1f(-y)"

    def function(self, x: Array, y: Array) -> None:
        # max(x, 0) + log(1 + exp(-|x|)): no exponential overflows.
        tail = np.abs(x, out=self.scratch.data)
        np.negative(tail, out=tail)
        np.exp(tail, out=tail)
        np.log1p(tail, out=tail)
        np.maximum(x, 0, out=y)
        y += tail

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        # sigmoid(x) = 1 - exp(-y)
        np.negative(y, out=space)
        np.expm1(space, out=space)
        return np.negative(space, out=space)
