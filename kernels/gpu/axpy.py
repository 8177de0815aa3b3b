"""Axpy: y = a x + z, one a for each channel of each item."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_axes
from .kernel import Wants
from .part_sums import PartSums


class Axpy:
    """y = a x + z: bottoms a (N, C) or (N, C, 1, ...), x and z (N, C, ...); y may be z."""

    layout = Layout.EITHER
    backward_reads = True, False

    def __init__(self, context: Context):
        self._context = context
        self._forward = Broadcast(context, "s * x + z")
        self._scale = Broadcast(context, "s * x")
        self._row_products = PartSums(context, "x * y")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        a, x, z = (blob.gpu_data for blob in bottom)
        return self._forward.bind(fold_axes(bottom[1], 0, 2), top[0].gpu_data, x, s=a, z=z)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        a, x, dy = bottom[0].gpu_data, bottom[1].gpu_data, top[0].gpu_diff
        folded = fold_axes(bottom[1], 0, 2)
        calls: list[Call] = []
        if wants.bottoms[0]:
            calls += self._row_products.bind(folded, bottom[0].gpu_diff, x, dy)
        if wants.bottoms[1]:
            calls += self._scale.bind(folded, bottom[1].gpu_diff, dy, s=a)
        if wants.bottoms[2] and bottom[2] is not top[0]:
            calls += self._context.copy_memory(dy, bottom[2].gpu_diff)
        return calls
