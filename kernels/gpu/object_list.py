"""ObjectList: the objects of a batch by item, read anew from a label blob in every pass."""

from typing import Any

from ...core import Array
from .context import THREADS, Context
from .faults import Explain
from .launch import Launch

ROW = 8


class ObjectList:
    """Turns rows (n, 8), as GroundTruth reads them, into objects, in the order of their items.

    starts  (N + 1): how many objects come before those of each item, and how many there are
    boxes   (n, 4), labels (n) and items (n) of the objects: room for as many as there are rows

    classes          how many there are; labels are checked as GroundTruth does it
    keeps_difficult  whether difficult objects are objects
    explain          makes an error of how many rows there are after the first that cannot be
    """

    def __init__(
        self,
        context: Context,
        count: int,
        items: int,
        classes: int,
        background: int,
        keeps_difficult: bool,
        explain: Explain,
    ):
        self._context, self.room, self._items = context, count, items
        self._rule = classes, background, keeps_difficult, context.faults.add(explain)
        self.starts = context.zeros(items + 1, "int32")
        self.boxes = context.zeros(4 * count)
        self.labels, self.items = (context.zeros(count, "int32") for _ in range(2))

    def find(self, rows: Array) -> list[Launch]:
        """The launch that writes the arrays."""
        arrays: tuple[Any, ...] = self.starts, self.boxes, self.labels, self.items
        return self._context.blocks(
            *(self._context.function("object_list.cu", "list_objects"), "objects"),
            *(self._items, THREADS, rows, self.room, self._items, *self._rule, *arrays),
        )
