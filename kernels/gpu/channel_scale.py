"""ChannelScale: every place of a feature map times a number of its own."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_places
from .kernel import Wants
from .part_sums import PartSums


class ChannelScale:
    """y[n, c, ...] = x[n, c, ...] s[n, ...], s being the second bottom.

    scales           else y = x
    scales_gradient  else dx = dy
    learns_s         else ds = 0
    layout           how the blobs may lie: those of s in the order of places
    """

    backward_reads = True, False

    def __init__(
        self,
        context: Context,
        layout: Layout,
        scales: bool = True,
        scales_gradient: bool = True,
        learns_s: bool = True,
    ):
        self._context, self.layout = context, layout
        self._scales, self._scales_gradient, self._learns_s = scales, scales_gradient, learns_s
        self._scale, self._sums = Broadcast(context, "s * x"), PartSums(context, "x * y")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, s = (blob.gpu_data for blob in bottom)
        if self._scales:
            return self._scale.bind(fold_places(bottom[0]), top[0].gpu_data, x, s=s)
        return self._context.copy_memory(x, top[0].gpu_data)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        x, s = (blob.gpu_data for blob in bottom)
        dy, folded = top[0].gpu_diff, fold_places(bottom[0])
        calls: list[Call] = []
        if wants.bottoms[0] and self._scales_gradient:
            calls += self._scale.bind(folded, bottom[0].gpu_diff, dy, s=s)
        elif wants.bottoms[0]:
            calls += self._context.copy_memory(dy, bottom[0].gpu_diff)
        if wants.bottoms[1] and self._learns_s:
            calls += self._sums.bind(folded, bottom[1].gpu_diff, x, dy)
        elif wants.bottoms[1]:
            calls += self._context.fill(bottom[1].gpu_diff, 0.0)
        return calls
