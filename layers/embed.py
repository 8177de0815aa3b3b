"""Embed: a learned vector for each of a number of symbols."""

from typing import Any

import numpy as np

from ..core import Blobs, Shape, register
from ..kernels import cpu, gpu
from .families.lookup import LookupLayer, WrongIndex


@register("Embed")
class Embed(LookupLayer):
    """y = w[x] + b: looks up a learned vector for each index.

    bottom   x, any shape: indices in [0, input_dim); has no gradient
    top      y, x's shape and num_output more
    weights  w (input_dim, num_output); b (num_output) unless bias_term is false

    Prototxt: embed_param { input_dim: (required)  num_output: (required)  bias_term: true
                            weight_filler { value: 0 }  bias_filler { value: 0 } }
    Source: Caffe's EmbedLayer; an index out of range is an error here.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.embed_param
        for field in ("input_dim", "num_output"):
            if getattr(param, field) < 1:
                raise self.error(f"embed_param.{field} is required and must be at least 1")
        self.add_weight((param.input_dim, param.num_output), param.weight_filler)
        if param.bias_term:
            self.add_weight((param.num_output,), param.bias_filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return [(*bottom_shapes[0], self.param.embed_param.num_output)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._add_rows: Any = cpu.prepare_add_rows(top[0].count)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        rows = self.param.embed_param.input_dim
        return gpu.Embedding(context, self.weights, WrongIndex(self, bottom[0], rows, "bottom[0]"))

    def allows_force_backward(self, index: int) -> bool:
        return False

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        table, *bias = (weight.data for weight in self.weights)
        self._rows = self.row_numbers(bottom[0], len(table), "bottom[0]")
        y = top[0].data
        # They are in range; to look again would cost a copy of y.
        np.take(table, self._rows, axis=0, out=y, mode="clip")
        for b in bias:
            y += b

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            raise self.error("cannot give bottom[0], the indices, a gradient")
        dy = top[0].diff.reshape(-1, self.param.embed_param.num_output)
        table, *bias = self.weights
        if self.param_propagate_down[0]:
            (self._add_rows or np.add.at)(table.diff, self._rows.ravel(), dy)
        for b in bias:
            if self.param_propagate_down[1]:
                b.diff[...] += dy.sum(axis=0)
