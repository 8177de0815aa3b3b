"""YoloDetections: the boxes that YOLO's grids are sure of."""

from collections.abc import Sequence
from functools import partial

from ...core import Blob, Blobs, Call, Layout
from .context import THREADS, Context, threads_for
from .found_rows import FoundRows
from .kernel import Wants
from .launch import Function, Launch
from .yolo_grid import YoloGrid

FILE = "yolo_detections.cu"
ROW = 7
GROUP = 1 << 10  # candidates that a block looks at together


class YoloDetections:
    """The boxes of each item, of those that overlap, the one of highest confidence.

    bottom  predictions of each grid
    top     rows (1, 1, n, 7), as layers/families/yolo_detections.py says

    shapes     of the bottoms
    softmax    whether only the likeliest class of a box counts, from `least` on; else each above it
    least      confidence of a candidate
    threshold  of overlap

    Candidates take 8 bytes each; there is room for all that there can be.
    """

    layout = Layout.CHANNELS_LAST  # in any order, each blob in its own
    backward_reads = False, False
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        grids: Sequence[YoloGrid],
        shapes: Sequence[tuple[int, ...]],
        *,
        softmax: bool,
        least: float,
        threshold: float,
    ):
        self._context, self._grids, self._softmax = context, grids, softmax
        self._least, self._threshold = float(least), float(threshold)
        self._items, self._classes = shapes[0][0], grids[0].classes
        self._sizes = [grid.num * h * w for grid, (*_, h, w) in zip(grids, shapes, strict=True)]
        boxes = sum(self._sizes)
        room = boxes if softmax else boxes * self._classes
        self._threads = threads_for(boxes)
        self._candidates = (
            context.zeros(4 * self._items * boxes),
            context.zeros(self._items * room, "uint64"),
            context.zeros(self._items, "int32"),
            *(boxes, room),
        )
        self._rows = FoundRows(context, self._items)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._rows.bind(self._find(bottom), partial(self._give, bottom, top[0]))

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _find(self, bottom: Blobs) -> list[Launch]:
        context, launches, first = self._context, [], 0
        for grid, blob, size in zip(self._grids, bottom, self._sizes, strict=True):
            count, bounds = self._items * size, (self._least, self._threshold)
            launches += context.each(
                *(self._compiled("find_candidates", blob), "detections", count),
                *(*grid.arguments(blob), count, first, *bounds, *self._candidates),
            )
            first += size
        suppress = self._compiled("suppress_candidates", bottom[0])
        numbers = self._classes, self._threshold, self._rows.counts
        return launches + context.blocks(
            *(suppress, "detections", self._items, self._threads, *self._candidates, *numbers)
        )

    def _give(self, bottom: Blobs, top: Blob, found: int) -> list[Launch]:
        top.reshape(1, 1, found or self._items, ROW)
        write = self._compiled("write_rows", bottom[0])
        numbers = self._classes, self._items, self._rows.starts, top.gpu_data
        return self._context.blocks(
            *(write, "detections", self._items, THREADS, *self._candidates, *numbers)
        )

    def _compiled(self, name: str, like: Blob) -> Function:
        macros = {"SOFTMAX": int(self._softmax), "GROUP": GROUP}
        return self._context.function(FILE, name, like.gpu_data.dtype, **macros)
