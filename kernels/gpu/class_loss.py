"""ClassLoss: losses of the scores of classes, given the right class of each place."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Call, Layout, Shape
from .context import THREADS, Context
from .faults import Explain
from .kernel import Wants
from .labels import Labels
from .launch import Launch
from .places import Places, places_along
from .reordered import Reordered
from .softmax import softmax

MOST_BLOCKS = 1 << 9  # whose sums another block adds up
LEAST_PROBABILITY = 1.17549435e-38  # FLT_MIN


class ClassLoss:
    """loss = sum of w TERM / divisor, over the places whose label is not to be ignored.

    term           an expression of CUDA's C in p, the number of the label, at least `least`; with
                   all_classes it is one in x, is_label and h, summed over all classes
    gradient       of a class, in x, is_label, h and slope
    slope          in p; given H, it is the sum of H's row instead
    axis           of the classes; None: all numbers of an item are classes
    takes_softmax  whether the numbers, p and x, are the softmax of bottom[0], or bottom[0] itself
    divisor        None: how many labels counted
    weights        w of each class
    h              H, from which h = H[label, class]; it may also be bottom[2]

    Tops: the loss, the softmax, and -log of the label's softmax at each place.
    """

    backward_reads = True, True
    exact_bottoms = 1, 2
    exact_tops = 0, 2

    def __init__(
        self,
        context: Context,
        scores: Shape,
        axis: int | None,
        labels: tuple[int | None, Explain],
        divisor: float | None,
        *,
        term: str,
        slope: str = "1.f",
        gradient: str = "slope * (x - is_label)",
        least: float = LEAST_PROBABILITY,
        all_classes: bool = False,
        takes_softmax: bool = True,
        weights: np.ndarray | None = None,
        h: np.ndarray | None = None,
    ):
        self._context, self._axis, self._softmax = context, axis, takes_softmax
        self.layout = Layout.CHANNELS_LAST if axis == 1 and len(scores) > 2 else Layout.PLAIN
        self._labels = Labels(context, *labels)
        self._divisor = -1.0 if divisor is None else divisor
        self._divided_by = context.zeros(1)
        self._weights, self._h = _on_device(context, weights), _on_device(context, h)
        self._own: Any = None  # the softmax, where no top has it
        self._all_classes = all_classes
        self._macros: dict[str, Any] = {"TERM": f"({term})", "GRADIENT": f"({gradient})"}
        self._macros |= {"SLOPE": f"({slope})", "LEAST": f"{least!r}f"}
        if all_classes:
            self._macros["ALL_CLASSES"] = 1

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, places = self._context, self._places(bottom[0])
        x = self._x(bottom, top, places)
        loading, arguments = self._arguments(bottom, x, places)
        lanes = places.lanes if self._all_classes else 1
        blocks = min(-(-places.count * lanes // THREADS), MOST_BLOCKS)
        partial, counts = context.zeros(blocks, "float64"), context.zeros(blocks, "int32")
        each = Reordered(context, top[2].gpu_data, False) if len(top) > 2 else None
        sum_terms = self._function("sum_terms", bottom[0].gpu_data, x, lanes)
        finish = self._function("finish", bottom[0].gpu_data, x, 1)
        results = each.array if each else None, partial, counts
        totals = partial, counts, blocks, self._divisor, self._divided_by, top[0].gpu_data
        return [
            *self._probabilities_of(bottom[0], top, x, places),
            *loading,
            *context.blocks(sum_terms, "loss", blocks, THREADS, *arguments, *results),
            *context.blocks(finish, "loss", 1, THREADS, *totals),
            *(each.storing if each else ()),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        places = self._places(bottom[0])
        x, dx = self._x(bottom, top, places), bottom[0].gpu_diff
        loading, arguments = self._arguments(bottom, x, places)
        gradients = self._function("gradients", dx, x, places.lanes)
        factors = top[0].gpu_diff, self._divided_by
        return loading + self._context.each(
            gradients, "loss", places.threads, *arguments, *factors, dx
        )

    def _places(self, scores: Blob) -> Places:
        if self._axis is None:
            items = scores.shape[0]
            return Places(items, scores.count // max(items, 1), 1)
        return places_along(scores.gpu_data, self._axis)

    def _x(self, bottom: Blobs, top: Blobs, places: Places) -> Array:
        if not self._softmax:
            return bottom[0].gpu_data
        if self._shares(top, places):
            return top[1].gpu_data
        if self._own is None:
            self._own = self._context.zeros(bottom[0].count)
        return self._own

    def _shares(self, top: Blobs, places: Places) -> bool:
        """Whether top[1] can be x: rounded to 16 bits it is too coarse for a logarithm."""
        if len(top) < 2 or top[1].gpu_data.dtype != np.float32:
            return False
        return self._places(top[1]) == places

    def _probabilities_of(self, scores: Blob, top: Blobs, x: Array, places: Places) -> list[Launch]:
        """What writes the softmax, to x and to top[1]."""
        if not self._softmax:
            return []
        calls = softmax(self._context, places, scores.gpu_data, x)
        if len(top) < 2 or self._shares(top, places):
            return calls
        given = Reordered(self._context, top[1].gpu_data, scores.channels_last)
        calls += softmax(self._context, places, scores.gpu_data, given.array)
        return calls + given.storing

    def _arguments(
        self, bottom: Blobs, x: Array, places: Places
    ) -> tuple[list[Launch], tuple[Any, ...]]:
        """Calls to make first, and what both kernels begin with."""
        loading, labels = self._labels.bind(bottom[1])
        h = self._h
        if len(bottom) > 2:
            prices = Reordered(self._context, bottom[2].gpu_data, False)
            loading, h = loading + prices.loading, prices.array
        return loading, (x, self._weights, h, *places.geometry, *labels)

    def _function(self, name: str, like: Array, x: Array, lanes: int) -> Any:
        macros = {**self._macros, "LANES": lanes}
        if x.dtype != like.dtype:
            macros["X_IS_FLOAT"] = 1
        return self._context.function("class_loss.cu", name, like.dtype, **macros)


def _on_device(context: Context, numbers: np.ndarray | None) -> Array:
    if numbers is None:
        return None
    return context.constants(np.ascontiguousarray(numbers, np.float32).reshape(-1))
