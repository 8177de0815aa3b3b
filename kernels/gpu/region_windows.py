"""RegionWindows: where the windows of regions lie, found anew in every pass."""

from typing import Any

from ...core import Array, Shape
from .context import Context
from .faults import Explain
from .launch import Launch


class RegionWindows:
    """Turns regions (R, 5) into items (R), rows (R, down, 2) and columns (R, across, 2), ints.

    rounds_first  whether corners are rounded before they are scaled, as by PSROIPooling
    explain       makes an error of the number of a region that is of no item
    """

    def __init__(
        self, context: Context, scale: float, rounds_first: bool, x_shape: Shape, explain: Explain
    ):
        self._context, self._scale = context, float(scale)
        self._rounds_first = int(rounds_first)
        self._items, _, *self._size = x_shape
        self._fault = context.faults.add(explain)
        self.arrays: tuple[Any, Any, Any] = (None, None, None)

    def find(self, regions: Array, out: Shape) -> list[Launch]:
        """The launches that write `arrays`: items, rows and columns."""
        context, (down, across) = self._context, out
        number = regions.shape[0]
        if self.arrays[0] is None:
            self.arrays = (
                context.zeros(number, "int32"),
                context.zeros(number * down * 2, "int32"),
                context.zeros(number * across * 2, "int32"),
            )
        macros = {"ROUNDS_FIRST": self._rounds_first}
        function = context.function("region_windows.cu", "windows", **macros)
        count = number * (down + across)
        return context.each(
            *(function, "windows of regions", count, regions, *self.arrays, self._fault, count),
            *(down, across, self._scale, self._items, *self._size),
        )
