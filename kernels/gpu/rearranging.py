"""Rearranging: numbers moved to other places, each to one place at most."""

from collections.abc import Callable, Sequence

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kernel import Wants

Views = Callable[[Array, Array], tuple[Array, Array]]


class Rearranging:
    """y = numbers of bottom[0] in other places; further bottoms have gradients of 0.

    views       gives views of x and of y, of one shape, that say which number goes where
    leaves_out  whether some of x's numbers are not in y
    layout      CHANNELS_LAST for views that can be had in any order, each blob in its own
    """

    backward_reads = False, False

    def __init__(
        self,
        context: Context,
        views: Views,
        leaves_out: bool = False,
        layout: Layout = Layout.CHANNELS_LAST,
    ):
        self._context, self._views, self._leaves_out = context, views, leaves_out
        self.layout = layout

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._context.copy(*self._views(bottom[0].gpu_data, top[0].gpu_data))

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        calls = []
        for i, blob in enumerate(bottom):
            if wants.bottoms[i] and (i or self._leaves_out):
                calls += self._context.fill(blob.gpu_diff, 0)
        if wants.bottoms[0]:
            dx, dy = self._views(bottom[0].gpu_diff, top[0].gpu_diff)
            calls += self._context.copy(dy, dx)
        return calls
