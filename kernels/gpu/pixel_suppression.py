"""PixelSuppression: of boxes in pixels that overlap much, the best one."""

from typing import Any

from ...core import Array
from .context import THREADS, Context
from .launch import Launch

FILE = "pixel_suppression.cu"
GROUP = 64  # boxes whose bits a word holds
MOST_GROUPS = 32  # that are looked at together: then most others have been kept out already
MOST_SPACE = 1 << 26  # bytes


class PixelSuppression:
    """Which of boxes (lists, room, 4), best first, pixel_boxes.suppress keeps.

    kept  (lists, most): their places

    most       how many there are at the most, of each list
    threshold  of overlap
    """

    def __init__(self, context: Context, lists: int, room: int, most: int, threshold: float):
        self._context, self._lists, self._room, self._most = context, lists, room, most
        self._threshold = float(threshold)
        self._words = -(-room // GROUP)
        size = max(lists * self._words * GROUP * 8, 1)  # of a group of each list
        self._groups = min(max(MOST_SPACE // size, 1), MOST_GROUPS, self._words)
        self._rows = self._groups * GROUP
        self.kept = context.zeros(lists * most, "int32")
        self._out = context.zeros(lists * self._words, "uint64")
        self._masks = context.zeros(lists * self._rows * self._words, "uint64")

    def run(self, boxes: Array, counts: Array, kept_counts: Array) -> list[Launch]:
        """The launches that write `kept`, and how many they are, given how many boxes there are."""
        context, lists = self._context, self._lists
        find, walk = (context.function(FILE, name) for name in ("find_overlaps", "walk"))
        pairs = lists * self._groups * self._words
        launches: list[Launch] = []
        for first in range(0, self._room, max(self._rows, 1)):
            given: tuple[Any, ...] = (
                *(boxes, counts, self._room, self._words, first, self._rows, self._threshold),
                *(self._most, self.kept, kept_counts, self._out, self._masks),
            )
            launches += context.blocks(find, "suppression", pairs, GROUP, *given)
            launches += context.blocks(walk, "suppression", lists, THREADS, *given)
        return launches
