"""InnerProduct: a fully connected layer."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..core import Array, Blob, Blobs, Calls, Layer, Shape, register
from ..kernels import cpu, gpu
from ..kernels.slope import Slope

# The gradient of the weights is made in pieces of so many numbers, as fast as in one go: a second
# array of the size of the weights would be most of the memory of AlexNet.
_PIECE = 1 << 20


@register("InnerProduct")
class InnerProduct(Layer):
    """y = x w^T + b, with all axes of x from `axis` on as one vector of K numbers.

    bottom   x (N, ...), K numbers from `axis` on
    top      y (N, num_output); with axis 2, (N, T, num_output), and so on
    weights  w (num_output, K), or (K, num_output) with transpose;
             b (num_output), absent under bias_term: false

    Prototxt: inner_product_param { num_output: (required)  bias_term: true  axis: 1
                                    transpose: false  weight_filler { value: 0 }
                                    bias_filler { value: 0 } }
    Source: Caffe's InnerProductLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.inner_product_param
        self.num_output, self._transposed = param.num_output, param.transpose
        if self.num_output < 1:
            raise self.error("inner_product_param.num_output is required and must be at least 1")
        inputs = prod(bottom_shapes[0][self._axis(bottom_shapes[0]) :])
        shape = (self.num_output, inputs)
        self._w = self.add_weight(shape[::-1] if self._transposed else shape, param.weight_filler)
        self._b = (
            self.add_weight((self.num_output,), param.bias_filler) if param.bias_term else None
        )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        axis = self._axis(shape)
        inputs, made_for = prod(shape[axis:]), self._w.count // self.num_output
        if inputs != made_for:
            raise self.error(
                f"weights were made for {made_for} inputs; a bottom of shape {shape} has {inputs} "
                f"from axis {axis} on"
            )
        return [(*shape[:axis], self.num_output)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._rows = top[0].count // self.num_output
        inputs, transposed = self._w.count // self.num_output, self._transposed
        geometry = self._rows, inputs, self.num_output, transposed, self.dtype
        placing = self.placing(bottom[0], top[0])
        self._kernel: Any = cpu.prepare_inner_product(*geometry, **placing)
        rows, columns = self._w.shape
        per_piece = max(1, _PIECE // max(1, columns))
        self._pieces = [slice(i, i + per_piece) for i in range(0, rows, per_piece)]
        self._piece = Blob((min(rows, per_piece), columns), self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        axis = self._axis(bottom[0].shape)
        return gpu.InnerProduct(context, self._w, self._b, axis, self._transposed)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self._inputs(bottom[0].data), self._outputs(top[0].data)
        if self._kernel:
            self._kernel.forward(x, self._w.data, self._b.data if self._b else None, y)
            return
        np.matmul(x, self._by_input(), out=y)
        if self._b:
            y += self._b.data

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        dy = self._outputs(top[0].diff)
        if self.param_propagate_down[0]:
            self._add_weight_gradient(self._inputs(bottom[0].data), dy)
        if self._b and self.param_propagate_down[1]:
            self._b.diff[...] += dy.sum(axis=0)
        if self.propagate_down[0] and self._kernel:
            self._kernel.backward_data(dy, self._w.data, self._inputs(bottom[0].diff))
        elif self.propagate_down[0]:
            np.matmul(dy, self._by_input().T, out=self._inputs(bottom[0].diff))

    @property
    def applies_relu(self) -> bool:
        """Whether bind_forward takes the slope of a ReLU after it."""
        return self._kernel is not None

    def multiply_adds(self, bottom: Blobs, top: Blobs) -> int:
        return self._w.count * (top[0].count // self.num_output)

    def backward_reads(self) -> tuple[bool, bool]:
        return True, False

    def bind_forward(
        self, bottom: Blobs, top: Blobs, *, constant: bool = False, slope: Slope | None = None
    ) -> Calls:
        if self._kernel is None:
            return super().bind_forward(bottom, top, constant=constant)
        x, y = self._inputs(bottom[0].data), self._outputs(top[0].data)
        bias = self._b.data if self._b else None
        return self._kernel.bind_forward(x, self._w.data, bias, y, slope=slope, constant=constant)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        wants_weights, *wants_bias = self.param_propagate_down
        if self._kernel is None or not wants_weights or len(set(adds)) > 1:
            return super().bind_backward(top, bottom, adds)
        x, dy = self._inputs(bottom[0].data), self._outputs(top[0].diff)
        db = self._b.diff if self._b and any(wants_bias) else None
        bound = self._kernel.bind_backward_filters(x, dy, self._w.diff, db, adds=adds[0])
        if self.propagate_down[0]:
            dx = self._inputs(bottom[0].diff)
            bound = bound.then(self._kernel.bind_backward_data(dy, self._w.data, dx))
        return bound

    def _add_weight_gradient(self, x: Array, dy: Array) -> None:
        left, right = (x, dy) if self._transposed else (dy, x)
        total = self._w.diff
        for rows in self._pieces:
            piece = self._piece.data[: len(total[rows])]
            total[rows] += np.matmul(left[:, rows].T, right, out=piece)

    def _by_input(self) -> Array:
        """The weights as (K, num_output)."""
        w = self._w.data
        return w if self._transposed else w.T

    def _inputs(self, x: Array) -> Array:
        return x.reshape(self._rows, self._w.count // self.num_output)

    def _outputs(self, y: Array) -> Array:
        return y.reshape(self._rows, self.num_output)

    def _axis(self, shape: Shape) -> int:
        axis = self.param.inner_product_param.axis
        return self.canonical_axis(axis, len(shape), "inner_product_param.axis")
