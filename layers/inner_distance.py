"""InnerDistance: how far x is from each of a number of learned points."""

from math import prod

import numpy as np

from ..core import Array, Blob, Blobs, Layer, Shape, register


@register("InnerDistance")
class InnerDistance(Layer):
    """y[m, n] = sum_k (x[m, k] - w[n, k])^2 + b[n], or sum_k |x[m, k] - w[n, k]| + b[n].

    bottom   x (N, ...), K numbers from `axis` on
    top      y (N, num_output)
    weights  w (num_output, K); b (num_output) unless bias_term is false

    Prototxt: inner_distance_param { num_output: (required)  distance_type: "L2" (or "L1")
                                     bias_term: true  axis: 1  weight_filler { value: 0 }
                                     bias_filler { value: 0 } }
    Source: the InnerDistanceLayer of caffe-windows.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.inner_distance_param
        if not param.num_output:
            raise self.error("inner_distance_param.num_output is required and must be at least 1")
        if param.distance_type not in ("L1", "L2"):
            raise self.error(
                f'inner_distance_param.distance_type: {param.distance_type!r} must be "L1" or "L2"'
            )
        self._is_l1 = param.distance_type == "L1"
        inputs = prod(bottom_shapes[0][self._axis(bottom_shapes[0]) :])
        self._w = self.add_weight((param.num_output, inputs), param.weight_filler)
        self._b: Blob | None = None
        if param.bias_term:
            self._b = self.add_weight((param.num_output,), param.bias_filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (x,) = bottom_shapes
        axis = self._axis(x)
        outputs, made_for = self._w.shape
        if prod(x[axis:]) != made_for:
            raise self.error(
                f"weights were made for {made_for} inputs; a bottom of shape {x} has "
                f"{prod(x[axis:])} from axis {axis} on"
            )
        return [(*x[:axis], outputs)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        outputs, inputs = self._w.shape
        self._x_shape = top[0].count // outputs, inputs
        self._difference = Blob(self._x_shape, self.dtype)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x = bottom[0].data.reshape(self._x_shape)
        y = top[0].data.reshape(len(x), self._w.shape[0])
        difference = self._difference.data
        for n, w in enumerate(self._w.data):
            np.subtract(x, w, out=difference)
            y[:, n] = (np.abs if self._is_l1 else np.square)(difference).sum(axis=1)
        if self._b:
            y += self._b.data

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        x = bottom[0].data.reshape(self._x_shape)
        dy = top[0].diff.reshape(len(x), self._w.shape[0])
        slope = self._difference.data
        dx: Array = None
        if self.propagate_down[0]:
            dx = bottom[0].diff.reshape(self._x_shape)
            dx[...] = 0
        for n, w in enumerate(self._w.data):
            np.subtract(x, w, out=slope)
            if self._is_l1:
                np.sign(slope, out=slope)
            else:
                slope *= 2
            slope *= dy[:, n : n + 1]
            if dx is not None:
                dx += slope
            if self.param_propagate_down[0]:
                self._w.diff[n] -= slope.sum(axis=0)
        if self._b and self.param_propagate_down[1]:
            self._b.diff[...] += dy.sum(axis=0)

    def _axis(self, x: Shape) -> int:
        return self.canonical_axis(
            self.param.inner_distance_param.axis, len(x), "inner_distance_param.axis"
        )
