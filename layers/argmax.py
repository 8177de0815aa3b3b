"""ArgMax: where the largest values are."""

from math import prod

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..kernels import gpu


@register("ArgMax")
class ArgMax(Layer):
    """y = indices of the top_k largest values, largest first; of equals, the last index first.

    bottom  x, any shape
    top     with axis: indices, or with out_max_val the values, in x's shape except top_k on axis;
            without: each item flattened, indices (N, 1, top_k), or with out_max_val indices
            and values (N, 2, top_k); further axes of size 1 fill up to as many as x has

    Has no backward pass.

    Prototxt: argmax_param { top_k: 1  out_max_val: false  axis: (none) }
    Source: Caffe's ArgMaxLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.argmax_param
        self.top_k, self.gives_values = param.top_k, param.out_max_val
        if self.top_k < 1:
            raise self.error("argmax_param.top_k: 0 must be at least 1")
        self.axis = None
        if param.HasField("axis"):
            self.axis = self.canonical_axis(param.axis, len(bottom_shapes[0]), "argmax_param.axis")
        elif not bottom_shapes[0]:
            raise self.error("needs a bottom with an axis of items, got shape ()")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        if self.axis is not None:
            self._check_top_k(shape[self.axis], f"axis {self.axis}")
            return [(*shape[: self.axis], self.top_k, *shape[self.axis + 1 :])]
        self._check_top_k(prod(shape[1:]), "an item")
        return [(shape[0], 1 + self.gives_values, self.top_k, *(1 for _ in shape[3:]))]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        return gpu.ArgMax(context, self.axis, self.top_k, self.gives_values)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data
        if self.axis is None:
            items = x.reshape(len(x), prod(x.shape[1:]))
            indices = self._largest(items, 1)
            shape = (len(x), self.top_k, *y.shape[3:])
            y[:, 0] = indices.reshape(shape)
            if self.gives_values:
                y[:, 1] = np.take_along_axis(items, indices, 1).reshape(shape)
            return
        indices = self._largest(x, self.axis)
        y[...] = np.take_along_axis(x, indices, self.axis) if self.gives_values else indices

    def _largest(self, x: Array, axis: int) -> Array:
        """Indices of the top_k largest along axis, which keeps its place."""
        backwards = np.flip(x, axis)
        if self.top_k == 1:
            found = np.expand_dims(np.argmax(backwards, axis), axis)
        else:
            order = np.argsort(-backwards, axis, kind="stable")
            found = np.take(order, np.arange(self.top_k), axis)
        return x.shape[axis] - 1 - found

    def _check_top_k(self, count: int, where: str) -> None:
        if self.top_k > count:
            raise self.error(
                f"argmax_param.top_k: {self.top_k} exceeds the {count} values along {where}"
            )
