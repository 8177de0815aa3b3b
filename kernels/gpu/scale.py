"""Scale: y = s x + b, with s and b for some axes of x."""

from collections.abc import Sequence

from ...core import Array, Blob, Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_axes
from .kept_copy import KeptCopy
from .kernel import Wants
from .part_sums import PartSums


class Scale:
    """y = s x + b, s and b lying along the `axes` axes of x from `axis` on.

    s         the weight; None: it is bottom[1]
    b         the weight, or None
    layout    how the blobs may lie; see folded.layout_of_axes
    learns_s  whether the gradient of s is wanted, for which a layer in place keeps x

    The gradient of b belongs to the last of the weights, that of s to the first.
    """

    backward_reads = True, False

    def __init__(
        self,
        context: Context,
        axis: int,
        axes: int,
        layout: Layout,
        s: Blob | None,
        b: Blob | None,
        learns_s: bool,
    ):
        self._context, self._axis, self._axes, self.layout = context, axis, axes, layout
        self._s, self._b, self._learns_s = s, b, learns_s
        self._forward = Broadcast(context, "s * x + b" if b else "s * x")
        self._backward = Broadcast(context, "s * x")
        self._row_sums, self._row_products = PartSums(context), PartSums(context, "x * y")
        self._kept = KeptCopy(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        keeps = bottom[0] is top[0] and self._learns_s
        keeping = self._kept.take(x) if keeps else []
        b = self._b.gpu_data if self._b else None
        folded = fold_axes(top[0], self._axis, self._axes)
        return [*keeping, *self._forward.bind(folded, y, x, s=self._operand(bottom), b=b)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dy, folded = top[0].gpu_diff, fold_axes(top[0], self._axis, self._axes)
        calls: list[Call] = []
        if self._b and wants.weights[-1]:
            db, adds = self._b.gpu_diff, wants.adds[-1]
            calls += self._row_sums.bind(folded, db, dy, adds=adds)
        if wants.weights[0] if self._s else wants.bottoms[1]:
            x = self._kept.array if bottom[0] is top[0] else bottom[0].gpu_data
            ds = self._s.gpu_diff if self._s else bottom[1].gpu_diff
            adds = wants.adds[0] if self._s else False
            calls += self._row_products.bind(folded, ds, x, dy, adds=adds)
        if wants.bottoms[0]:
            dx = bottom[0].gpu_diff
            calls += self._backward.bind(folded, dx, dy, s=self._operand(bottom))
        return calls

    def _operand(self, bottom: Blobs) -> Array:
        return (self._s or bottom[1]).gpu_data
