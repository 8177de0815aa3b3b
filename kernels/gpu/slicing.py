"""Slicing: a blob cut into pieces along an axis."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .concatenation import parts_of
from .context import Context
from .kernel import Wants


class Slicing:
    """y_i = as much of x along an axis as is left when the tops before have had theirs."""

    layout = Layout.CHANNELS_LAST  # in any order, each blob in its own
    backward_reads = False, False

    def __init__(self, context: Context, axis: int):
        self._context, self._axis = context, axis

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        parts = parts_of(bottom[0].gpu_data, top, self._axis)
        return [
            call
            for blob, part in zip(top, parts, strict=True)
            for call in self._context.copy(part, blob.gpu_data)
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        parts = parts_of(bottom[0].gpu_diff, top, self._axis)
        return [
            call
            for blob, part in zip(top, parts, strict=True)
            for call in self._context.copy(blob.gpu_diff, part)
        ]
