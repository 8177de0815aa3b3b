"""AbsVal: absolute value."""

import numpy as np

from ..core import Array, Blobs, register
from ..kernels import gpu
from .families.elementwise import ElementwiseLayer


@register("AbsVal")
class AbsVal(ElementwiseLayer):
    """y = |x|.

    bottom  x, any shape
    top     y, same shape; not the bottom itself

    The derivative at 0 is taken as 0.

    Source: Caffe's AbsValLayer, which refuses to work in place.
    """

    gpu_formulas = "fabsf(x)", "(float)((x > 0) - (x < 0))"

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        super().prepare_kernels(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        return super().gpu_kernel(context, bottom, top)

    def function(self, x: Array, y: Array) -> None:
        np.abs(x, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        return np.sign(x, out=space)
