"""Split: one blob for several readers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import ONE_OR_MORE, Blobs, Calls, Layer, Layout, Shape, register
from ..kernels import cpu, gpu


@register("Split")
class Split(Layer):
    """y_i = x for every top, so that each reader has a gradient of its own.

    bottom  x, any shape; its gradient is the sum of the tops'
    top[i]  y_i, sharing x's memory

    Nets put it wherever several layers read one blob.

    Source: Caffe's SplitLayer.
    """

    top_count = ONE_OR_MORE

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return bottom_shapes * len(self.param.top)

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._share_data(bottom, top)
        self._kernel: Any = None
        if len(top) > 1:
            weights, placing = [1.0] * len(top), self.placing(bottom[0], top[0])
            self._kernel = cpu.prepare_sum(bottom[0].count, weights, self.dtype, **placing)

    def _share_data(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        for blob in top:
            blob.share_data(bottom[0])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self._share_data(bottom, top)
        return gpu.Split(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass  # the tops are the bottom's memory

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        dx = bottom[0].diff
        first, *others = (blob.diff for blob in top)
        if not others:
            dx[...] = first
            return
        np.add(first, others[0], out=dx)
        for dy in others[1:]:
            dx += dy

    def layout(self) -> Layout:
        return Layout.EITHER

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        return Calls([])

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._kernel is None:
            return super().bind_backward(top, bottom, adds)
        if not self.propagate_down[0]:
            return Calls([])
        return self._kernel.bind_forward([blob.diff for blob in top], bottom[0].diff)
