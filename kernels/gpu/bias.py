"""Bias: y = x + b, with b for some axes of x."""

from collections.abc import Sequence

from ...core import Blob, Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_axes
from .kernel import Wants
from .part_sums import PartSums


class Bias:
    """y = x + b, b lying along the `axes` axes of x from `axis` on.

    b       the weight; None: it is bottom[1]
    layout  how the blobs may lie; see folded.layout_of_axes
    """

    backward_reads = False, False

    def __init__(self, context: Context, axis: int, axes: int, layout: Layout, b: Blob | None):
        self._context, self._axis, self._axes, self.layout = context, axis, axes, layout
        self._b = b
        self._forward, self._sums = Broadcast(context, "x + s"), PartSums(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y, b = bottom[0].gpu_data, top[0].gpu_data, (self._b or bottom[1]).gpu_data
        return self._forward.bind(fold_axes(top[0], self._axis, self._axes), y, x, s=b)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dy = top[0].gpu_diff
        calls: list[Call] = []
        if wants.weights[0] if self._b else wants.bottoms[1]:
            folded = fold_axes(top[0], self._axis, self._axes)
            db = (self._b or bottom[1]).gpu_diff
            calls += self._sums.bind(folded, db, dy, adds=bool(self._b and wants.adds[0]))
        if wants.bottoms[0] and bottom[0] is not top[0]:
            calls += self._context.copy_memory(dy, bottom[0].gpu_diff)
        return calls
