"""BoxMatching: which object each prior of a batch is to find."""

from math import inf

from .anchors import Anchors
from .context import THREADS, Context, threads_for
from .launch import Launch
from .object_list import ObjectList


class BoxMatching:
    """Matches priors with objects as match_boxes does it, for each of N items.

    items, priors, classes  N, P and C
    matches  (N, P, C): the number of an object in the list, NONE or LEFT_OUT, see matches.cuh
    nearest  (N, P, C): its overlap with that object; where there is none, the largest with any

    classes      1, or all, where objects are matched with the predictions of their own class
    least        match more priors than one per object: those that overlap one by so much; or None
    inside_only  leave out what reaches out of the image
    mines        whether examples are picked, so that items without objects are left out, and what
                 is left out is no negative
    """

    def __init__(
        self,
        context: Context,
        objects: ObjectList,
        places: tuple[int, int],
        classes: int,
        least: float | None,
        inside_only: bool,
        mines: bool,
    ):
        self._context, self._objects = context, objects
        (self.items, self.priors), self.classes = places, classes
        self._least, self._inside_only, self._mines = least, inside_only, mines
        count = self.items * self.priors * classes
        self.matches, self.nearest = context.zeros(count, "int32"), context.zeros(count)
        self._keepers = context.zeros(count, "uint64")
        self._asked = context.zeros(objects.room, "int32")

    def find(self, anchors: Anchors) -> list[Launch]:
        """The launches that write `matches` and `nearest`."""
        context, objects = self._context, self._objects
        ask, settle, match = (
            context.function("box_matching.cu", name, anchors.real, **anchors.coding)
            for name in ("ask", "settle", "match")
        )
        boxes = objects.boxes, objects.labels, self.classes
        given = *anchors.arguments, *boxes, self._inside_only, objects.starts
        claims = self._asked, self._keepers
        count = self.matches.size
        least = inf if self._least is None else float(self._least)
        results = self._keepers, self.matches, self.nearest
        if not count:
            return []
        threads = threads_for(self.priors)
        return [
            *context.blocks(
                *(ask, "matching", objects.room, THREADS, *given),
                *(self.items, objects.items, *claims),
            ),
            *context.blocks(settle, "matching", self.items, threads, *given, *claims),
            *context.each(match, "matching", count, *given, count, least, self._mines, *results),
        ]
