"""Average pooling on plain arrays."""

from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from .descriptors import Descriptor
from .enumerators import Argument, Pooling
from .operations import pooling
from .staged import Spaces, Staged
from .window_counts import check_every_window_sees_x, window_counts


class AveragePooling:
    """y = the sum of x under each window / the number of places that count.

    Caffe counts x and its padding, which oneDNN does not know if a window reaches past both:
    then oneDNN divides by the places in x, and a factor for each place in y corrects that.
    """

    def __init__(self, x_shape: Shape, window: Window, out: Shape, dtype: Any, count_padding: bool):
        n, c, *size = x_shape
        check_every_window_sees_x(tuple(size), window, out)
        x, y = Descriptor.plain(x_shape, dtype), Descriptor.plain((n, c, *out), dtype)
        in_x = window_counts(tuple(size), window, out, count_padding=False)
        divisors = window_counts(tuple(size), window, out, count_padding)
        method, self._factor = Pooling.AVERAGE_OF_X, None
        if (divisors == prod(window.kernel)).all():
            method = Pooling.AVERAGE_OF_KERNEL
        elif (divisors != in_x).any():
            self._factor = (in_x / divisors).astype(dtype)
            self._scaled = np.empty(y.shape, dtype)

        forward = pooling.forward(method, x, y, window)
        backward = pooling.backward(method, x, y, window, forward)
        spaces = Spaces([forward, backward])
        self._forward = Staged(forward, spaces, {Argument.X: x}, {Argument.Y: y})
        self._backward = Staged(backward, spaces, {Argument.DY: y}, {Argument.DX: x})

    def forward(self, x, y) -> None:
        self._forward(x, y)
        if self._factor is not None:
            y *= self._factor

    def backward(self, dy, dx) -> None:
        if self._factor is not None:
            dy = np.multiply(dy, self._factor, out=self._scaled)
        self._backward(dy, dx)
