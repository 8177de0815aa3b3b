"""Sigmoid: the logistic function."""

import numpy as np

from ..core import Array, register
from .families.activation import Activation


@register("Sigmoid")
class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Caffe's SigmoidLayer, which computes tanh(x / 2) / 2 + 1 / 2.
    """

    derivative_reads_x = False
    gpu_formulas = "sigmoid(x)", "y * (1 - y)"

    def function(self, x: Array, y: Array) -> None:
        np.multiply(x, 0.5, out=y)
        np.tanh(y, out=y)
        y *= 0.5
        y += 0.5

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        np.subtract(1, y, out=space)
        space *= y
        return space
