"""Axpy: scale every channel of every item, and add."""

from math import prod

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu
from .families.parts import Parts


@register("Axpy")
class Axpy(Layer):
    """y = a x + z, with one number a for each channel of each item.

    bottom[0]  a (N, C) or (N, C, 1, ...)
    bottom[1]  x (N, C, ...)
    bottom[2]  z, shape of x
    top        y, shape of x; may be bottom[2] itself (in place)

    The gate and the sum of a squeeze-and-excitation block in one.

    Source: Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, and its AxpyLayer.
    """

    bottom_count = 3

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        a, x, z = bottom_shapes
        if len(x) < 2:
            raise self.error(f"needs a bottom[1] with channels, (N, C, ...), got shape {x}")
        if a[:2] != x[:2] or prod(a[2:]) != 1:
            raise self.error(
                f"bottom[0] has shape {a}; needs {x[:2]}, or that and axes of size 1, one number "
                f"for each channel of bottom[1], of shape {x}"
            )
        if z != x:
            raise self.error(f"bottom[2] has shape {z}, bottom[1] {x}; they must be equal")
        return [x]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom[:2], top)
        n, c, *size = bottom[1].shape
        self._folded = (1, n * c, prod(size))
        self._parts = Parts(self._folded)
        self._product = bottom[1].like()

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom[:2], top)
        return gpu.Axpy(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        a, x = bottom[0].data.reshape(-1, 1), bottom[1].data.reshape(self._folded)
        self._parts.scale(x, a, None, self._product.data.reshape(self._folded))
        np.add(self._product.data, bottom[2].data, out=top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        dy = top[0].diff.reshape(self._folded)
        if self.propagate_down[0]:
            da = self._parts.row_products(bottom[1].data.reshape(self._folded), dy)
            bottom[0].diff[...] = da.reshape(bottom[0].shape)
        if self.propagate_down[1]:
            a, dx = bottom[0].data.reshape(-1, 1), bottom[1].diff.reshape(self._folded)
            self._parts.scale(dy, a, None, dx)
        if self.propagate_down[2] and bottom[2] is not top[0]:
            bottom[2].diff[...] = top[0].diff

    def backward_reads(self) -> tuple[bool, bool]:
        return True, False
