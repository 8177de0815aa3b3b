"""Accuracy: how often the right class is among the best scores."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout, Shape
from .context import THREADS, Context
from .faults import Explain
from .kernel import Wants
from .labels import Labels
from .places import places_along

MOST_BLOCKS = 1 << 10


class Accuracy:
    """The share of labels among the top_k best scores; top[1], if there is one, of each class."""

    backward_reads = False, False
    exact_bottoms = (1,)
    exact_tops = 0, 1

    def __init__(
        self,
        context: Context,
        scores: Shape,
        axis: int,
        labels: tuple[int | None, Explain],
        top_k: int,
        for_classes: bool,
    ):
        self._context, self._axis, self._top_k = context, axis, top_k
        self.layout = Layout.CHANNELS_LAST if axis == 1 and len(scores) > 2 else Layout.PLAIN
        self._labels = Labels(context, *labels)
        self._totals = context.zeros(2, "int32")
        self._of_classes = context.zeros(2 * scores[axis], "int32") if for_classes else None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x = bottom[0].gpu_data
        places = places_along(x, self._axis)
        loading, labels = self._labels.bind(bottom[1])
        count, finish = (self._function(name, x, places.lanes) for name in ("count", "finish"))
        blocks = min(-(-places.threads // THREADS), MOST_BLOCKS)
        counts = self._totals, self._of_classes
        accuracies = top[1].gpu_data if self._of_classes is not None else None
        return [
            *loading,
            *self._context.blocks(
                *(count, "accuracy", blocks, THREADS, x, *places.geometry, *labels),
                *(self._top_k, *counts),
            ),
            *self._context.each(
                *(finish, "accuracy", max(places.size if accuracies is not None else 1, 1)),
                *(*counts, places.size, top[0].gpu_data, accuracies),
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _function(self, name: str, like: Any, lanes: int) -> Any:
        return self._context.function("accuracy.cu", name, like.dtype, LANES=lanes)
