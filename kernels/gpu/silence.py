"""Silence: reads nothing, and gives gradients of 0."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class Silence:
    """dx_i = 0 for every bottom."""

    layout = Layout.CHANNELS_LAST  # in any order, each bottom in its own
    backward_reads = False, False

    def __init__(self, context: Context):
        self._context = context

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return []

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return [
            call
            for blob, wanted in zip(bottom, wants.bottoms, strict=True)
            if wanted
            for call in self._context.fill(blob.gpu_diff, 0)
        ]
