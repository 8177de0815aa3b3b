"""LabelsequenceAccuracy: how often all labels of a sequence are right."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout, Shape
from .context import WARP, Context
from .kernel import Wants
from .launch import Function
from .places import places_along
from .reordered import Reordered

FILE = "labelsequence_accuracy.cu"


class LabelsequenceAccuracy:
    """The share of sequences whose labels (N, L) are the best classes of scores (N, T, C).

    blank  the class that is skipped, as are repetitions of the best one
    """

    layout = Layout.EITHER
    backward_reads = False, False
    exact_bottoms = (1,)
    exact_tops = (0,)

    def __init__(self, context: Context, scores: Shape, labels: int, blank: int):
        """labels: how many there are in the batch."""
        self._context, self._blank = context, blank
        self._sequences, self._steps = scores[:2]
        self._most = labels // max(self._sequences, 1)
        self._best = context.zeros(self._sequences * self._steps, "int32")
        self._truth = context.zeros(labels)
        self._totals = context.zeros(2, "int32")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, x = self._context, bottom[0].gpu_data
        places = places_along(x, 2)
        labels = Reordered(context, bottom[1].gpu_data, channels_last=False)
        find_best = self._function("find_best", x, places.lanes)
        compare = self._function("compare", x, WARP)
        finish = context.function("accuracy.cu", "finish", x.dtype, LANES=1)
        sizes = self._sequences, self._steps, self._most
        return [
            *context.each(find_best, "best path", places.threads, x, *places.geometry, self._best),
            *labels.loading,
            *context.each(
                *(compare, "accuracy", self._sequences * WARP, self._best, labels.array),
                *(*sizes, self._blank, self._truth, self._totals),
            ),
            *context.each(finish, "accuracy", 1, self._totals, None, 0, top[0].gpu_data, None),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _function(self, name: str, like: Array, lanes: int) -> Function:
        return self._context.function(FILE, name, like.dtype, LANES=lanes)
