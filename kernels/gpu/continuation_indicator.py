"""ContinuationIndicator: where sequences start."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class ContinuationIndicator:
    """y[t, n] = 0 for the first t, 1 for the others."""

    layout = Layout.PLAIN
    backward_reads = False, False
    exact_tops = (0,)

    def __init__(self, context: Context):
        self._context = context

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        y, fill = top[0].gpu_data, self._context.fill
        return [*fill(y[:1], 0), *fill(y[1:], 1)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []
