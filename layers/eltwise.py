"""Eltwise: sum, product or maximum of several blobs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import ONE_OR_MORE, Array, Blobs, Calls, Layer, Layout, Shape, register
from ..kernels import cpu, gpu
from ..kernels.slope import Slope
from ..proto.caffe_pb2 import EltwiseParameter
from .families.elementwise import silently


@register("Eltwise")
class Eltwise(Layer):
    """y = sum of coeff_i * x_i, or the product or the maximum of the x_i, number by number.

    bottom[i]  x_i, two or more of one shape
    top        y, same shape; except for PROD it may be bottom[0] itself (in place)

    Where several are the maximum, the gradient goes to bottom[1], if it is one of them, else to
    the first. The gradient of a product is the product of the other bottoms, or, faster but nan
    where x_i is 0, y / x_i if stable_prod_grad is false.

    Prototxt: eltwise_param { operation: SUM  coeff: (none: 1; or one for each bottom)
                              stable_prod_grad: true }; also PROD and MAX
    Source: Caffe's EltwiseLayer.
    """

    bottom_count = range(2, ONE_OR_MORE.stop)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.eltwise_param
        self.coefficients = list(param.coeff) or [1.0] * len(bottom_shapes)
        if len(self.coefficients) != len(bottom_shapes):
            raise self.error(
                f"eltwise_param.coeff: {len(self.coefficients)} values for "
                f"{len(bottom_shapes)} bottoms; give one for each, or none"
            )
        if param.coeff and param.operation == EltwiseParameter.PROD:
            raise self.error("eltwise_param.coeff: only operation SUM takes coefficients, not PROD")
        self._forward, self._gradient = {
            EltwiseParameter.SUM: (self._sum, self._sum_gradient),
            EltwiseParameter.PROD: (self._product, self._product_gradient),
            EltwiseParameter.MAX: (self._maximum, self._maximum_gradient),
        }[param.operation]

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        first = bottom_shapes[0]
        for i, shape in enumerate(bottom_shapes):
            if shape != first:
                raise self.error(
                    f"bottom[{i}] has shape {shape}, bottom[0] {first}; they must be equal"
                )
        return [first]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        operation = self.param.eltwise_param.operation
        if operation == EltwiseParameter.PROD:
            self.refuse_in_place(bottom, top)
        # Blobs, since they take no memory before they are used.
        self._term = bottom[0].like()
        self._winner = bottom[0].like("int32")  # which bottom is the maximum
        self._gate = bottom[0].like(bool)
        self._kernel: Any = None
        if operation == EltwiseParameter.SUM:
            self._kernel = cpu.prepare_sum(
                top[0].count, self.coefficients, self.dtype, **self.placing(bottom[0], top[0])
            )

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        param = self.param.eltwise_param
        if param.operation == EltwiseParameter.PROD:
            self.refuse_in_place(bottom, top)
        operation = EltwiseParameter.EltwiseOp.Name(param.operation)
        divides, learns = not param.stable_prod_grad, any(self.propagate_down)
        return gpu.Eltwise(context, operation, self.coefficients, divides, learns)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._forward([blob.data for blob in bottom], top[0].data)

    @silently
    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        x = [blob.data for blob in bottom]
        # Backwards: in place the gradient of the first takes the place of dy.
        for i in reversed(range(len(bottom))):
            if self.propagate_down[i]:
                self._gradient(i, x, top[0].data, top[0].diff, bottom[i].diff)

    @property
    def applies_relu(self) -> bool:
        """Whether bind_forward takes the slope of a ReLU after it."""
        return getattr(self._kernel, "applies_relu", False)

    @property
    def passes_gradient_on(self) -> bool:
        """Whether each bottom's gradient is the top's, unchanged."""
        is_sum = self.param.eltwise_param.operation == EltwiseParameter.SUM
        return is_sum and set(self.coefficients) == {1.0}

    def layout(self) -> Layout:
        return Layout.EITHER

    def backward_reads(self) -> tuple[bool, bool]:
        reads = self.param.eltwise_param.operation == EltwiseParameter.PROD
        return reads, reads

    def bind_forward(
        self, bottom: Blobs, top: Blobs, *, constant: bool = False, slope: Slope | None = None
    ) -> Calls:
        if self._kernel is None:
            return super().bind_forward(bottom, top, constant=constant)
        return self._kernel.bind_forward([b.data for b in bottom], top[0].data, slope=slope)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._kernel is None:
            return super().bind_backward(top, bottom, adds)
        calls = Calls([])
        # Backwards: in place the gradient of the first takes the place of dy.
        for i in reversed(range(len(bottom))):
            is_there = self.coefficients[i] == 1 and bottom[i].diff_memory is top[0].diff_memory
            if self.propagate_down[i] and not is_there:
                placing = self.placing(bottom[i], top[0])
                scaled = cpu.prepare_sum(
                    top[0].count, self.coefficients[i : i + 1], self.dtype, **placing
                )
                calls = calls.then(scaled.bind_forward([top[0].diff], bottom[i].diff))
        return calls

    def _sum(self, x: list[Array], y: Array) -> None:
        if self.coefficients == [1.0] * len(x):
            self._fold(np.add, x, y)
            return
        np.multiply(x[0], self.coefficients[0], out=y)
        for coefficient, later in zip(self.coefficients[1:], x[1:], strict=True):
            y += np.multiply(later, coefficient, out=self._term.data)

    def _sum_gradient(self, i: int, x: list[Array], y: Array, dy: Array, dx: Array) -> None:
        np.multiply(dy, self.coefficients[i], out=dx)

    def _product(self, x: list[Array], y: Array) -> None:
        self._fold(np.multiply, x, y)

    def _product_gradient(self, i: int, x: list[Array], y: Array, dy: Array, dx: Array) -> None:
        if self.param.eltwise_param.stable_prod_grad:
            self._fold(np.multiply, [dy, *x[:i], *x[i + 1 :]], dx)
        else:
            np.divide(y, x[i], out=dx)
            dx *= dy

    def _maximum(self, x: list[Array], y: Array) -> None:
        winner, gate = self._winner.data, self._gate.data
        np.less_equal(x[0], x[1], out=winner)
        np.maximum(x[0], x[1], out=y)
        for i, later in enumerate(x[2:], start=2):
            np.greater(later, y, out=gate)
            np.copyto(winner, i, where=gate)
            np.maximum(y, later, out=y)

    def _maximum_gradient(self, i: int, x: list[Array], y: Array, dy: Array, dx: Array) -> None:
        gate = np.equal(self._winner.data, i, out=self._gate.data)
        np.multiply(dy, gate, out=dx)

    @staticmethod
    def _fold(function, x: list[Array], y: Array) -> None:
        """y = function(...function(function(x_0, x_1), x_2)..., x_n)."""
        function(x[0], x[1], out=y)
        for later in x[2:]:
            function(y, later, out=y)
