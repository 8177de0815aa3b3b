"""Reduction: sums and means over the trailing axes."""

from math import prod

import numpy as np

from ..core import Blob, Blobs, Layer, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import ReductionParameter


@register("Reduction")
class Reduction(Layer):
    """y = coeff * sum of x over axis and all later axes, or of |x|, or x^2, or the mean.

    bottom  x, any shape with an axis
    top     y, x's shape before axis; () for axis 0

    Prototxt: reduction_param { operation: SUM  axis: 0  coeff: 1 }; also ASUM, SUMSQ and MEAN
    Source: Caffe's ReductionLayer.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        return [shape[: self._axis(shape)]]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        shape, axis = bottom[0].shape, self._axis(bottom[0].shape)
        self._axes = tuple(range(axis, len(shape)))
        self._spread = (*shape[:axis], *(1 for _ in self._axes))
        self._coefficient = self._coefficient_for(shape)
        # A blob, since it takes no memory before it is used.
        self._terms = Blob(shape, self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        shape, operation = bottom[0].shape, self.param.reduction_param.operation
        name = ReductionParameter.ReductionOp.Name(operation)
        return gpu.Reduction(context, name, shape, self._axis(shape), self._coefficient_for(shape))

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data
        operation = self.param.reduction_param.operation
        if operation == ReductionParameter.ASUM:
            x = np.abs(x, out=self._terms.data)
        elif operation == ReductionParameter.SUMSQ:
            x = np.multiply(x, x, out=self._terms.data)
        np.sum(x, axis=self._axes, out=y)
        y *= self._coefficient

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        x, dx = bottom[0].data, bottom[0].diff
        operation = self.param.reduction_param.operation
        dy = top[0].diff.reshape(self._spread) * self._coefficient
        if operation == ReductionParameter.ASUM:
            np.sign(x, out=dx)
            dx *= dy
        elif operation == ReductionParameter.SUMSQ:
            np.multiply(x, 2 * dy, out=dx)
        else:
            dx[...] = dy

    def _coefficient_for(self, shape: Shape) -> float:
        """What sums of a bottom of this shape are multiplied by."""
        param = self.param.reduction_param
        if param.operation != ReductionParameter.MEAN:
            return param.coeff
        return param.coeff / max(prod(shape[self._axis(shape) :]), 1)

    def _axis(self, shape: Shape) -> int:
        param = self.param.reduction_param
        return self.canonical_axis(param.axis, len(shape), "reduction_param.axis")
