"""TruthList: the truths of a batch by item, read anew from a label blob in every pass."""

from typing import Any

from ...core import Blob
from .context import THREADS, Context
from .faults import Explain
from .launch import Launch
from .reordered import Reordered


class TruthList:
    """Turns rows, as YoloLoss reads them, into truths in the order of their items.

    starts  (N + 1): how many truths come before those of each item, and how many there are
    boxes   (n, 4) x, y, w, h, labels (n) and items (n) of the truths

    rows            how many there are, for which there is room
    are_annotations whether they are (1, 1, T, 8) for the whole batch, not (N, 5 T)
    explain         makes an error of the number of an item that has a truth that cannot be
    """

    def __init__(
        self,
        context: Context,
        rows: int,
        items: int,
        classes: int,
        are_annotations: bool,
        explain: Explain,
    ):
        self._context, self.room, self.items = context, rows, items
        self._each = rows if are_annotations else rows // max(items, 1)
        self._rule = classes, context.faults.add(explain)
        self._macros = {"ANNOTATIONS": int(are_annotations)}
        self._counts, self._starts = (context.zeros(n, "int32") for n in (items, items + 1))
        self._boxes = context.zeros(4 * rows)
        self._labels, self._items = (context.zeros(rows, "int32") for _ in range(2))

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What kernels that read the truths are told."""
        return self._starts, self._boxes, self._labels, self._items, self.items

    def find(self, labels: Blob) -> list[Launch]:
        """The launches that write the arrays."""
        context = self._context
        count, place = (
            context.function("truth_list.cu", f"{verb}_truths", **self._macros)
            for verb in ("count", "list")
        )
        rows = Reordered(context, labels.gpu_data, channels_last=False)
        given, where = (rows.array, self._each), (self.items, THREADS)
        truths = self._counts, self._starts, self._boxes, self._labels, self._items
        return [
            *rows.loading,
            *context.blocks(count, "truths", *where, *given, *self._rule, self._counts),
            *context.blocks(place, "truths", *where, *given, self._rule[0], *truths),
        ]
