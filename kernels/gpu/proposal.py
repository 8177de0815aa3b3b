"""Proposal: the regions that a region proposal network finds worth a closer look."""

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np

from ...core import Blobs, Call, Layout
from .context import THREADS, Context, threads_for
from .found_rows import FoundRows
from .kernel import Wants
from .launch import Function, Launch
from .pixel_suppression import PixelSuppression
from .reordered import Reordered
from .windows import is_channels_last

ROW = 5


class Proposal:
    """Anchors moved as the net says, cut at the image, the best that overlap little.

    bottom  scores (N, 2 A, H, W), shifts (N, 4 A, H, W) and images (N or 1, 3 or more); all have
            the gradient 0
    top     regions (R, 5) and, if wanted, their scores (R), as layers/proposal.py says

    scores     the shape of bottom[0]
    anchors    (A, 4), of the first place; others are `stride` pixels apart
    least      size of a region, in pixels of the unscaled image
    most       how many regions of an item go into the suppression, and come out; 0 for all
    threshold  of overlap
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False
    exact_bottoms = (2,)
    exact_tops = 0, 1

    def __init__(
        self,
        context: Context,
        scores: tuple[int, ...],
        anchors: np.ndarray,
        stride: float,
        least: float,
        most: tuple[int, int],
        threshold: float,
    ):
        self._context, self._anchors, self._width = context, len(anchors), scores[3]
        self._bases = context.constants(np.ascontiguousarray(anchors, np.float64).reshape(-1))
        self._stride, self._least = np.float64(stride), float(least)
        self._items, self._places = scores[0], scores[2] * scores[3]
        self._each = self._places * self._anchors
        self._count = self._items * self._each
        before, after = (min(n or self._each, self._each) for n in most)
        self._boxes = context.zeros(4 * self._count)
        self._keys = context.zeros(self._count, "uint32")
        self._room, self._most = before, min(after, before)
        self._sorted = context.zeros(4 * self._items * before)
        self._entries = context.zeros(self._items * before, "uint64")
        self._counts = context.zeros(self._items, "int32")
        self._suppression = PixelSuppression(context, self._items, before, self._most, threshold)
        self._rows = FoundRows(context, self._items)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._rows.bind(self._find(bottom), partial(self._give, bottom, top))

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        # Below the regions of a net in training stand its losses; they end here.
        return [
            call
            for blob, wanted in zip(bottom, wants.bottoms, strict=True)
            if wanted
            for call in self._context.fill(blob.gpu_diff, 0)
        ]

    def _find(self, bottom: Blobs) -> list[Launch]:
        context = self._context
        scores, shifts = (blob.gpu_data for blob in bottom[:2])
        images = Reordered(context, bottom[2].gpu_data, False)
        size = prod(bottom[2].shape[1:])
        step = size if bottom[2].shape[0] > 1 else 0
        found, threads = (self._boxes, self._keys), threads_for(self._each)
        propose, sort = (self._compiled(name, bottom) for name in ("propose", "sort_boxes"))
        return [
            *images.loading,
            *context.each(
                *(propose, "proposals", self._count, scores, shifts, self._anchors, self._places),
                *(self._count, images.array, size, step, self._bases, self._width),
                *(self._stride, self._least, *found),
            ),
            *context.blocks(
                *(sort, "proposals", self._items, threads, *found, self._each, self._room),
                *(self._sorted, self._entries, self._counts),
            ),
            *self._suppression.run(self._sorted, self._counts, self._rows.counts),
        ]

    def _give(self, bottom: Blobs, top: Blobs, found: int) -> list[Launch]:
        top[0].reshape(found, ROW)
        for scores in top[1:]:
            scores.reshape(found)
        best = top[1].gpu_data if len(top) > 1 else None
        write = self._compiled("write_rows", bottom)
        lists = self._sorted, self._entries, self._room, self._suppression.kept, self._most
        return self._context.blocks(
            *(write, "proposals", self._items, THREADS, bottom[0].gpu_data, self._anchors),
            *(self._places, *lists, self._rows.starts, top[0].gpu_data, best),
        )

    def _compiled(self, name: str, bottom: Blobs) -> Function:
        scores, shifts = (blob.gpu_data for blob in bottom[:2])
        lasts = {"SCORES_LAST": is_channels_last(scores), "SHIFTS_LAST": is_channels_last(shifts)}
        macros = {macro: int(last) for macro, last in lasts.items()}
        return self._context.function("proposal.cu", name, scores.dtype, **macros)
