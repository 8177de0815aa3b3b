"""BatchReduction: sums and means of consecutive parts of an axis."""

from collections.abc import Sequence
from math import prod

import numpy as np

from ...core import Blobs, Call, Layout
from .context import Context
from .division import divisor
from .kernel import Wants


class BatchReduction:
    """y[..., i, ...] = the sum, or the mean, of the i-th part of x along axis.

    sizes  of the parts, which fill the axis
    """

    layout = Layout.PLAIN
    backward_reads = False, False

    def __init__(self, context: Context, axis: int, sizes: Sequence[int], is_mean: bool):
        self._context, self._axis, self._is_mean = context, axis, is_mean
        self._parts, self._places = len(sizes), sum(sizes)
        self._starts = context.constants(np.cumsum([0, *sizes], dtype=np.int32))
        self._part_of = context.constants(np.repeat(np.arange(len(sizes), dtype=np.int32), sizes))

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        inner = prod(bottom[0].shape[self._axis + 1 :])
        function = self._context.function("batch_reduction.cu", "forward", x.dtype)
        return self._context.each(
            *(function, "batch_reduction", y.size, x, y, y.size, self._starts, self._places),
            *(self._is_mean, inner, *divisor(inner), self._parts, *divisor(self._parts)),
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        dx, dy = bottom[0].gpu_diff, top[0].gpu_diff
        inner = prod(bottom[0].shape[self._axis + 1 :])
        function = self._context.function("batch_reduction.cu", "backward", dx.dtype)
        return self._context.each(
            *(function, "batch_reduction", dx.size, dy, dx, dx.size, self._starts, self._part_of),
            *(self._parts, self._is_mean, inner, *divisor(inner)),
            *(self._places, *divisor(self._places)),
        )
