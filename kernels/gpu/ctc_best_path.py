"""CTCBestPath: the labels on the best path."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout, Shape
from .context import THREADS, Context, threads_along
from .kernel import Wants
from .launch import Function, Launch
from .places import Places


class CTCBestPath:
    """labels = the best class of each step, without blanks and repetitions.

    bottom  p (T, N, C) and, as far as they are there, cont (T, N) and the true labels (L, N)
    top     labels (N, T) and, as far as they are wanted, the score of each sequence (N) and the
            accuracy

    merges         whether a class that repeats is one label
    most           L, where the accuracy is wanted; or None
    tells_score    whether there is a top for it
    """

    layout = Layout.PLAIN
    backward_reads = False, False
    exact_bottoms = 1, 2
    exact_tops = 0, 1, 2

    def __init__(
        self,
        context: Context,
        p: Shape,
        *,
        blank: int,
        merges: bool,
        most: int | None,
        tells_score: bool,
    ):
        self._context, self._most, self._tells_score = context, most, tells_score
        (self._steps, self._sequences), self._rule = p[:2], (blank, merges)
        self._places = Places(self._steps * self._sequences, p[2], 1)
        self._best = context.zeros(self._places.count, "int32")
        self._largest = context.zeros(self._places.count)
        self._counts = context.zeros(self._sequences, "int32")
        if most is not None:
            self._space = context.zeros(3 * (most + 1) * self._sequences, "int32")
            self._errors = context.zeros(self._sequences, "float64")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        p, *others = (blob.gpu_data for blob in bottom)
        cont = others[0] if others else None
        labels, sizes = top[0].gpu_data, (self._sequences, self._steps)
        scores = top[1].gpu_data if self._tells_score else None
        best = self._best, self._largest
        launches = [
            *self._context.each(
                *(self._function("find_best", p), "best path", self._places.threads, p),
                *(*self._places.geometry[:2], *best),
            ),
            *self._context.blocks(
                *(self._function("read_path", p), "best path", self._sequences, THREADS),
                *(*best, cont, *sizes, *self._rule, labels, self._counts, scores),
            ),
        ]
        if self._most is not None:
            launches += self._measure(p, others[1], self._most, labels, top[-1].gpu_data)
        return launches

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _measure(
        self, p: Array, truth: Array, most: int, labels: Array, accuracy: Array
    ) -> list[Launch]:
        """What compares labels with the truth."""
        find_errors, finish = (self._function(name, p) for name in ("find_errors", "finish"))
        found = labels, self._counts, self._sequences, self._steps
        return [
            *self._context.blocks(
                *(find_errors, "accuracy", self._sequences, threads_along(most + 1)),
                *(truth, most, *found, self._space, self._errors),
            ),
            *self._context.blocks(
                finish, "accuracy", 1, THREADS, self._errors, self._sequences, accuracy
            ),
        ]

    def _function(self, name: str, p: Array) -> Function:
        lanes = self._places.lanes
        return self._context.function("ctc_best_path.cu", name, p.dtype, LANES=lanes)
