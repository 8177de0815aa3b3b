"""PReLU: rectified linear unit that learns its slope."""

from collections.abc import Sequence

from ...core import Blob, Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_axes
from .kept_copy import KeptCopy
from .kernel import Wants
from .part_sums import PartSums


class PReLU:
    """y = x where x > 0, else a_c x.

    slopes   a (C), or one number, shape ()
    keeps_x  whether a backward pass is to come, for which a layer in place keeps x
    """

    layout = Layout.EITHER
    backward_reads = True, False

    def __init__(self, context: Context, slopes: Blob, keeps_x: bool):
        self._context, self._slopes, self._keeps_x = context, slopes, keeps_x
        self._forward = Broadcast(context, "x > 0 ? x : s * x")
        self._backward = Broadcast(context, "x > 0 ? z : s * z")
        self._sums = PartSums(context, "(x > 0 ? 0.f : x) * y")
        self._kept = KeptCopy(context)
        self._axes = (1, 1) if slopes.shape else (0, 0)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        keeping = self._kept.take(x) if bottom[0] is top[0] and self._keeps_x else []
        folded = fold_axes(top[0], *self._axes)
        return [*keeping, *self._forward.bind(folded, y, x, s=self._slopes.gpu_data)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        x = self._kept.array if bottom[0] is top[0] else bottom[0].gpu_data
        dy, folded = top[0].gpu_diff, fold_axes(top[0], *self._axes)
        calls: list[Call] = []
        # First, since in place the bottom's gradient takes the place of dy.
        if wants.weights[0]:
            calls += self._sums.bind(folded, self._slopes.gpu_diff, x, dy, adds=wants.adds[0])
        if wants.bottoms[0]:
            dx, a = bottom[0].gpu_diff, self._slopes.gpu_data
            calls += self._backward.bind(folded, dx, x, s=a, z=dy)
        return calls
