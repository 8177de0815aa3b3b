"""InnerProduct: a fully connected layer."""

from math import prod

from ..core import Array, Blob, Blobs, Layer, Shape, register

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
        self.num_output = param.num_output
        if self.num_output < 1:
            raise self.error("inner_product_param.num_output is required and must be at least 1")
        inputs = prod(bottom_shapes[0][self._axis(bottom_shapes[0]) :])
        shape = (self.num_output, inputs)
        self._w = self.add_weight(shape[::-1] if param.transpose else shape, param.weight_filler)
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
        rows, columns = self._w.shape
        per_piece = max(1, _PIECE // max(1, columns))
        self._pieces = [slice(i, i + per_piece) for i in range(0, rows, per_piece)]
        self._piece = Blob((min(rows, per_piece), columns), self.dtype, self.xp)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = self._outputs(top[0].data)
        self.xp.matmul(self._inputs(bottom[0].data), self._by_input(), out=y)
        if self._b:
            y += self._b.data

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        dy = self._outputs(top[0].diff)
        if self.param_propagate_down[0]:
            self._add_weight_gradient(self._inputs(bottom[0].data), dy)
        if self._b and self.param_propagate_down[1]:
            self._b.diff[...] += dy.sum(axis=0)
        if self.propagate_down[0]:
            self.xp.matmul(dy, self._by_input().T, out=self._inputs(bottom[0].diff))

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def _add_weight_gradient(self, x: Array, dy: Array) -> None:
        left, right = (x, dy) if self.param.inner_product_param.transpose else (dy, x)
        total = self._w.diff
        for rows in self._pieces:
            piece = self._piece.data[: len(total[rows])]
            total[rows] += self.xp.matmul(left[:, rows].T, right, out=piece)

    def _by_input(self) -> Array:
        """The weights as (K, num_output)."""
        w = self._w.data
        return w if self.param.inner_product_param.transpose else w.T

    def _inputs(self, x: Array) -> Array:
        return x.reshape(self._rows, self._w.count // self.num_output)

    def _outputs(self, y: Array) -> Array:
        return y.reshape(self._rows, self.num_output)

    def _axis(self, shape: Shape) -> int:
        axis = self.param.inner_product_param.axis
        return self.canonical_axis(axis, len(shape), "inner_product_param.axis")
