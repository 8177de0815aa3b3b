"""AbsVal: absolute value."""

import numpy as np

from ..core import Array, Blobs, register
from .families.elementwise import ElementwiseLayer


@register("AbsVal")
class AbsVal(ElementwiseLayer):
    """y = |x|.

    bottom  x, any shape
    top     y, same shape; not the bottom itself

    The derivative at 0 is taken as 0.

    Source: Caffe's AbsValLayer, which refuses to work in place.
    """

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        super().prepare_kernels(bottom, top)

    def function(self, x: Array, y: Array) -> None:
        np.abs(x, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        return np.sign(x, out=space)
