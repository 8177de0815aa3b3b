"""DetectionOutput: the objects that a detector found."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout
from .context import Context, threads_for
from .found_rows import FoundRows
from .kernel import Wants
from .launch import Function, Launch

ROW = 7
WARP = 32
MOST_SPACE = 1 << 26  # bytes, for the boxes of what blocks work on at a time
BYTES = 20  # of a box and its overlap


class DetectionOutput:
    """The objects of each item and class; of boxes that overlap, the one with the highest score.

    bottom  locations, scores, priors and, of a first stage, chances and locations
    top     rows (1, 1, n, 7), as layers/detection_output.py says

    places         N and P
    has_images     whether bottom[3] are images, which nobody reads
    classes        how many have locations of their own, and how many have scores
    labels         how many of them are objects
    background     the one that is none; out of their range if there is none
    most           of each class how many go into the suppression, and of an item how many come out
                   in all; None for all of them
    least          scores count that are above
    likely         given chances, how likely a prior has to be something
    threshold      of overlap, and eta of families/nms.py
    save           takes the rows of each pass on the host; None where nobody wants them there
    macros         CODE_TYPE and VARIANCE_IN_TARGET, and CLIP: whether boxes are cut

    Lists take 8 bytes for each score that may count, of the best of a class all at the most.
    """

    layout = Layout.PLAIN
    backward_reads = False, False
    exact_bottoms = (2,)
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        places: tuple[int, int],
        *,
        has_images: bool,
        classes: tuple[int, int],
        labels: int,
        background: int,
        most: tuple[int | None, int | None],
        least: float,
        likely: float,
        threshold: tuple[float, float],
        save: Callable[[Array], None] | None,
        macros: dict[str, int],
    ):
        self._context, self._macros, self._save = context, macros, save
        (self._items, self._priors), self._labels = places, labels
        self._location_classes, self._classes = classes
        self._read = 3 if has_images else None
        self._background = background if 0 <= background < self._classes else self._classes
        self._bounds = float(likely), float(least)
        self._threshold, self._keep = tuple(map(float, threshold)), most[1]
        self._lists = self._items * labels
        self._room = self._priors if most[0] is None else min(most[0], self._priors)
        self._blocks = min(self._lists, MOST_SPACE // (max(self._room, 1) * BYTES) + 1)
        self._entries = context.zeros(self._lists * self._room, "uint64")
        space = self._blocks * self._room
        self._space = context.zeros(4 * space), context.zeros(space)
        self._rows = FoundRows(context, self._lists)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._rows.bind(self._find(bottom), partial(self._give, bottom, top[0]))

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _find(self, bottom: Blobs) -> list[Launch]:
        context, given = self._context, self._given(bottom)
        find = self._compiled("find_objects", bottom)
        lists = self._entries, self._rows.counts
        threads = threads_for(self._priors)
        launches = context.blocks(
            *(find, "objects", self._blocks, threads, *given, *self._threshold),
            *(*self._space, *lists),
        )
        if self._keep is None:
            return launches
        keep_best = self._compiled("keep_best", bottom)
        numbers = self._labels, self._room, self._keep, self._rows.counts
        return launches + context.blocks(
            keep_best, "objects", self._items, threads, self._entries, *numbers
        )

    def _give(self, bottom: Blobs, top: Blob, found: int) -> list[Call]:
        top.reshape(1, 1, found or self._items, ROW)
        results = self._entries, self._rows.starts, top.gpu_data
        write = self._compiled("write_rows", bottom)
        return [
            *self._context.blocks(
                write, "objects", self._lists, WARP, *self._given(bottom), *results
            ),
            *([partial(self._fetch, top, self._save)] if self._save else ()),
        ]

    def _fetch(self, top: Blob, save: Callable[[Array], None]) -> None:
        top.fetch("data")
        save(top.data)

    def _given(self, bottom: Blobs) -> tuple[Any, ...]:
        """What kernels of detections begin with."""
        locations, scores, priors, *first_stage = (blob.gpu_data for blob in bottom[: self._read])
        chances, moves = (*first_stage, None, None)[:2]
        return (
            *(priors, self._priors, moves, locations, self._location_classes, scores, chances),
            *(self._classes, self._background, self._labels, *self._bounds),
            *(self._lists, self._room),
        )

    def _compiled(self, name: str, bottom: Blobs) -> Function:
        real = bottom[0].gpu_data.dtype
        return self._context.function("detection_output.cu", name, real, **self._macros)
