"""BatchReindex: the items of a batch in another order, some of them several times or never."""

import numpy as np

from ..core import Blobs, Shape, register
from ..kernels import gpu
from .families.lookup import LookupLayer, WrongIndex


@register("BatchReindex")
class BatchReindex(LookupLayer):
    """y[m] = x[index[m]]: picks, reorders and repeats the items of a batch.

    bottom[0]  x (N, ...)
    bottom[1]  index (M), numbers in [0, N); has no gradient
    top        y (M, ...)

    Source: Caffe's BatchReindexLayer.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        items, index = bottom_shapes
        if len(index) != 1 or not items:
            raise self.error(
                f"needs items (N, ...) and indices (M), got bottoms of shape {items} and {index}"
            )
        return [index + items[1:]]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        rows = bottom[0].shape[0]
        return gpu.BatchReindex(context, WrongIndex(self, bottom[1], rows, "bottom[1]"))

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._rows = self.row_numbers(bottom[1], bottom[0].shape[0], "bottom[1]")
        if top[0].count:
            np.take(bottom[0].data, self._rows, axis=0, out=top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[1]:
            raise self.error("cannot give bottom[1], the indices, a gradient")
        if self.propagate_down[0]:
            dx = bottom[0].diff
            dx[...] = 0
            np.add.at(dx, self._rows, top[0].diff)
