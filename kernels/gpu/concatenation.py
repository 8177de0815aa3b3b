"""Concatenation: blobs side by side along an axis."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class Concatenation:
    """y = the bottoms one after the other along an axis."""

    layout = Layout.CHANNELS_LAST  # in any order, each blob in its own
    backward_reads = False, False

    def __init__(self, context: Context, axis: int):
        self._context, self._axis = context, axis

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        parts = parts_of(top[0].gpu_data, bottom, self._axis)
        return [
            call
            for blob, part in zip(bottom, parts, strict=True)
            for call in self._context.copy(blob.gpu_data, part)
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        parts = parts_of(top[0].gpu_diff, bottom, self._axis)
        return [
            call
            for blob, part, wanted in zip(bottom, parts, wants.bottoms, strict=True)
            if wanted
            for call in self._context.copy(part, blob.gpu_diff)
        ]


def parts_of(whole: Array, blobs: Blobs, axis: int) -> list[Array]:
    """Views of an array that is made up of as much as each blob has along the axis."""
    parts, end = [], 0
    for blob in blobs:
        start, end = end, end + blob.shape[axis]
        parts.append(whole[(*(slice(None),) * axis, slice(start, end))])
    return parts
