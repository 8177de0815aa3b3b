"""FoundRows: what a layer finds, as many rows as there are."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ...core import Call
from .context import THREADS, Context
from .launch import Launch


class FoundRows:
    """Tells the host how many rows launches found, so that it can give the tops their shape.

    counts  (lists): how many rows there are in each list
    starts  (lists + 1): how many come before those of each list, and how many there are
    """

    def __init__(self, context: Context, lists: int):
        self._context, self._lists = context, lists
        self.counts = context.zeros(lists, "int32")
        self.starts = context.zeros(lists + 1, "int32")
        self._total = np.zeros(1, np.int32)

    def bind(
        self, finding: Sequence[Launch], give: Callable[[int], Sequence[Call]]
    ) -> Sequence[Call]:
        """The calls of a forward pass.

        finding  the launches that write counts
        give     reshapes the tops for so many rows, and makes the calls that write those
        """
        return [*finding, *self._place(), partial(self._finish, give)]

    def _place(self) -> list[Launch]:
        function = self._context.function("found_rows.cu", "place_rows")
        numbers = self.counts, self._lists, self.starts
        return self._context.blocks(function, "rows", 1, THREADS, *numbers)

    def _finish(self, give: Callable[[int], Sequence[Call]]) -> None:
        self._context.gpu.download(self.starts[self._lists :], self._total)
        for call in give(int(self._total[0])):
            call()
