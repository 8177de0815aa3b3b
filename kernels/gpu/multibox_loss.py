"""MultiBoxLoss: how well a detector places its boxes and names what is in them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...core import Blobs, Call, Layout
from .anchors import Anchors
from .box_matching import BoxMatching
from .context import THREADS, Context
from .example_mining import ExampleMining
from .kernel import Wants
from .launch import Function
from .object_list import ObjectList
from .places import Places

FILE = "multibox_loss.cu"
MOST_BLOCKS = 1 << 9  # whose sums another block adds up


class MultiBoxLoss:
    """loss = (weights[0] * sum of location losses + weights[1] * sum of score losses) / divisor.

    bottom  locations, scores, priors, objects and, of a first stage, chances and locations

    classes   how many have locations of their own, and how many have scores
    labels    what the scores of a match should be, or None for its object's, and those of a
              negative; one that is no class is none
    macros    CODE_TYPE, VARIANCE_IN_TARGET, FREE_OUTSIDE, SMOOTH_L1 and LOGISTIC of the sources
    matches_predictions  whether boxes that locations predict are matched, not the priors
    weights   of both sums in the loss, and that of locations in their gradient
    divisor   None: how many matches there are
    """

    layout = Layout.PLAIN
    backward_reads = True, False
    exact_bottoms = 2, 3
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        objects: ObjectList,
        matching: BoxMatching,
        mining: ExampleMining | None,
        *,
        classes: tuple[int, int],
        labels: tuple[int | None, int],
        macros: dict[str, int],
        matches_predictions: bool,
        weights: tuple[float, float, float],
        divisor: float | None,
    ):
        self._context, self._objects, self._matching = context, objects, matching
        self._mining, self._matches_predictions = mining, matches_predictions
        self._location_classes, classes_of_scores = classes
        self._places = Places(matching.items * matching.priors, classes_of_scores, 1)
        self._targets = -1 if labels[0] is None else labels[0], labels[1]
        own_matches = int(matching.classes > 1)
        self._macros = {**macros, "OWN_MATCHES": own_matches, "LANES": self._places.lanes}
        self._weights = tuple(map(float, weights))
        self._divisor = -1.0 if divisor is None else divisor
        self._divided_by = context.zeros(1)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, given = self._context, self._given(bottom)
        blocks = min(-(-self._places.threads // THREADS), MOST_BLOCKS)
        sums = [context.zeros(blocks, dtype) for dtype in ("float64", "float64", "int32")]
        sum_losses, finish = (self._compiled(bottom)(FILE, it) for it in ("sum_losses", "finish"))
        results = self._divisor, self._divided_by, top[0].gpu_data
        return [
            *self._objects.find(bottom[3].gpu_data),
            *self._matching.find(self._anchors(bottom)),
            *self._mine(bottom, given),
            *context.blocks(sum_losses, "loss", blocks, THREADS, *given, *sums),
            *context.blocks(
                *(finish, "loss", 1, THREADS, *sums, blocks, *self._weights[:2], *results)
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        context, given, calls = self._context, self._given(bottom), []
        factors = top[0].gpu_diff, self._divided_by
        locations, scores = (
            self._compiled(bottom)(FILE, f"{it}_gradients") for it in ("location", "score")
        )
        if wants.bottoms[0]:
            dx, numbers = bottom[0].gpu_diff, (self._weights[2], *factors)
            calls += context.each(locations, "loss", dx.size // 4, *given, *numbers, dx)
        if wants.bottoms[1]:
            dx = bottom[1].gpu_diff
            calls += context.each(scores, "loss", self._places.threads, *given, *factors, dx)
        return calls

    def _mine(self, bottom: Blobs, given: tuple[Any, ...]) -> Sequence[Call]:
        if self._mining is None:
            return []
        chances = bottom[4].gpu_data if len(bottom) > 4 else None
        return self._mining.pick(self._compiled(bottom), self._places.threads, given, chances)

    def _given(self, bottom: Blobs) -> tuple[Any, ...]:
        """What all kernels of losses begin with."""
        scores = bottom[1].gpu_data, self._places.count, self._places.size
        locations = bottom[0].gpu_data, self._location_classes
        objects = self._objects.boxes, self._objects.labels
        anchors = self._anchors(bottom).arguments
        return *scores, *anchors, *locations, *objects, self._matching.matches, *self._targets

    def _anchors(self, bottom: Blobs) -> Anchors:
        locations = bottom[0].gpu_data
        moves = bottom[5].gpu_data if len(bottom) > 5 else None
        predictions = locations if self._matches_predictions else None
        coding = {name: self._macros[name] for name in ("CODE_TYPE", "VARIANCE_IN_TARGET")}
        return Anchors(bottom[2].gpu_data, moves, predictions, coding, locations.dtype)

    def _compiled(self, bottom: Blobs) -> Callable[..., Function]:
        """Makes a function of a file and a name."""
        return partial(self._context.function, real=bottom[0].gpu_data.dtype, **self._macros)
