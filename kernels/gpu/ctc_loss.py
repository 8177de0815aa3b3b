"""CTCLoss: labels of a sequence without knowing when each of them occurs."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout
from .context import THREADS, Context, threads_along
from .ctc_labels import CTCLabels
from .kernel import Wants
from .launch import Function
from .places import Places


class CTCLoss:
    """loss = - sum of log P(labels | x) / N over the sequences that have a path.

    bottom  x (T, N, C), and what CTCLabels reads

    steps   T without the first `delay`, which are passed over
    merges  whether a class that repeats is one label
    learns  whether x has a gradient: it takes 16 bytes for each state at each step
    """

    layout = Layout.PLAIN
    backward_reads = True, False
    exact_bottoms = 1, 2, 3
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        labels: CTCLabels,
        *,
        steps: int,
        delay: int,
        merges: bool,
        learns: bool,
    ):
        self._context, self._labels, self._delay = context, labels, delay
        self._places = Places(steps * labels.sequences, labels.classes, 1)
        self._merges = merges
        self._norms = context.zeros(self._places.count, "float64")
        self._totals = context.zeros(labels.sequences, "float64")
        self._directions = 2 if learns else 1
        # Before and after each step, in each state.
        self._paths: list[Array] = [None, None]
        if learns:
            room = self._places.count * labels.states
            self._paths = [context.zeros(room, "float64") for _ in range(2)]
        blocks = self._directions * labels.sequences
        self._space = context.zeros(2 * blocks * labels.states, "float64")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, labels, given = self._context, self._labels, self._given(bottom)
        find_norms, add_paths, finish = (
            self._function(name, given[0]) for name in ("find_norms", "add_paths", "finish")
        )
        blocks, threads = self._directions * labels.sequences, threads_along(labels.states)
        norms = *self._places.geometry[:2], self._norms
        return [
            *labels.find(bottom),
            *context.each(find_norms, "loss", self._places.threads, given[0], *norms),
            *context.blocks(
                *(add_paths, "loss", blocks, threads, *given),
                *(self._space, *self._paths, self._totals),
            ),
            *context.blocks(
                finish, "loss", 1, THREADS, self._totals, labels.sequences, top[0].gpu_data
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        context, labels, given = self._context, self._labels, self._given(bottom)
        dx = bottom[0].gpu_diff
        numbers = *self._paths, self._totals, labels.firsts, labels.nexts, top[0].gpu_diff
        threads = min(threads_along(max(labels.classes, labels.states)), THREADS)
        gradients = self._function("gradients", given[0])
        return [
            *context.fill(dx[: self._delay], 0),
            *context.blocks(
                *(gradients, "loss", self._places.count, threads, *given, *numbers),
                dx[self._delay :],
            ),
        ]

    def _given(self, bottom: Blobs) -> tuple[Any, ...]:
        """What most of the kernels begin with."""
        labels = self._labels
        sizes = labels.sequences, labels.classes, labels.blank, self._merges, labels.room
        x = bottom[0].gpu_data[self._delay :]
        return x, self._norms, *sizes, labels.labels, labels.counts, labels.steps

    def _function(self, name: str, x: Array) -> Function:
        lanes = self._places.lanes
        return self._context.function("ctc_loss.cu", name, x.dtype, LANES=lanes)
