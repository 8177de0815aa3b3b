"""LRN over a neighbourhood in the plane of each channel."""

from typing import Any

import numpy as np

from ...core import Shape, Window
from .average_pooling import AveragePooling
from .negative_power import negative_power


class LRNWithinChannel:
    """y = x * scale^-beta,  scale = 1 + alpha * mean of x^2 over local_size along each axis.

    The mean counts the zeros around the plane.
    """

    def __init__(self, x_shape: Shape, local_size: int, alpha: float, beta: float, dtype: Any):
        size = tuple(x_shape[2:])
        axes = len(size)
        window = Window((local_size,) * axes, (1,) * axes, (local_size // 2,) * axes, (1,) * axes)
        self._mean = AveragePooling(x_shape, window, size, dtype, count_padding=True)
        self._alpha, self._beta = alpha, beta
        self._power = negative_power(beta)
        self._scale = np.empty(x_shape, dtype)
        self._scratch = np.empty(x_shape, dtype)

    def forward(self, x, y) -> None:
        np.multiply(x, x, out=self._scratch)
        self._mean.forward(self._scratch, self._scale)
        self._scale *= self._alpha
        self._scale += 1
        self._power(self._scale, out=self._scratch)
        np.multiply(x, self._scratch, out=y)

    def backward(self, x, y, dy, dx) -> None:
        """dx = dy * scale^-beta - 2 alpha beta * x * the mean's adjoint of (dy * y / scale)."""
        np.multiply(dy, y, out=self._scratch)
        self._scratch /= self._scale
        self._mean.backward(self._scratch, dx)
        dx *= x
        dx *= -2 * self._alpha * self._beta
        factor = self._power(self._scale, out=self._scratch)
        factor *= dy
        dx += factor
