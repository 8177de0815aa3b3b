"""Split: one blob for several readers."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .combination import Combination
from .context import Context
from .kernel import Wants


class Split:
    """dx = the sum of the tops' gradients; that the tops are x's memory is the layer's doing."""

    layout = Layout.EITHER
    backward_reads = False, False

    def __init__(self, context: Context):
        self._context = context

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return []

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        total = " + ".join(f"VALUE({i})" for i in range(len(top)))
        dys = [blob.gpu_diff for blob in top]
        return Combination(self._context, total).bind(bottom[0].gpu_diff, dys)
