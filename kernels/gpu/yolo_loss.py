"""YoloLoss: what YOLO's losses make of the boxes that the cells of a grid predict."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import Blobs, Call, Layout
from .context import THREADS, Context
from .kernel import Wants
from .launch import Function
from .places import WARP
from .truth_list import TruthList
from .yolo_grid import YoloGrid
from .yolo_rule import YoloRule

MOST_BLOCKS = 1 << 10  # whose sums another block adds up


class YoloLoss:
    """loss = (sum of squared deltas + miss_weight * mean of what overlap is missing) / N.

    bottom  predictions (N, num (5 + num_class), H, W), and truths

    Deltas that may be other than 0 are kept alone: that of each box's objectness, and all of the
    boxes that answer for a truth.
    """

    layout = Layout.EITHER
    backward_reads = False, False
    exact_bottoms = (1,)
    exact_tops = (0,)

    def __init__(
        self, context: Context, rule: YoloRule, grid: YoloGrid, truths: TruthList, boxes: int
    ):
        self._context, self._rule, self._grid, self._truths = context, rule, grid, truths
        self._numbers = context.constants(np.array(rule.numbers, np.float32))
        self._objectness = context.zeros(boxes)
        room = rule.answers * truths.room
        self._answers, self._drawn = (context.zeros(room, "int32") for _ in range(2))
        self._deltas = context.zeros(room * (5 + grid.classes))

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, rule, boxes = self._context, self._rule, self._objectness.size
        find, answer, draw, finish = (
            self._function(name, bottom) for name in ("find_objects", "answer", "draw", "finish")
        )
        of_boxes, of_answers = _blocks(boxes), _blocks(self._threads)
        squares = context.zeros(of_boxes + of_answers, "float64")
        misses, counts = (context.zeros(of_answers, dtype) for dtype in ("float64", "int32"))
        given = *self._given(bottom), self._numbers
        answers, kept = (rule.answers, self._answers), (self._drawn, self._deltas)
        sums = squares[of_boxes:], misses, counts
        results = float(rule.miss_weight), self._truths.items, top[0].gpu_data
        return [
            *self._truths.find(bottom[1]),
            *context.blocks(
                *(find, "loss", of_boxes, THREADS, *given, boxes, self._objectness, squares)
            ),
            *context.each(answer, "loss", self._truths.room, *given, *rule.anchors, *answers),
            *context.blocks(
                *(draw, "loss", of_answers, THREADS, *given, *answers, self._objectness),
                *(*kept, *sums),
            ),
            *context.blocks(
                *(finish, "loss", 1, THREADS, squares, squares.size, misses, counts, of_answers),
                *results,
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        context, boxes = self._context, self._objectness.size
        write_objectness, write_answers = (
            self._function(name, bottom) for name in ("write_objectness", "write_answers")
        )
        dloss, dx = top[0].gpu_diff, bottom[0].gpu_diff
        given, grid = self._given(bottom), self._grid.arguments(bottom[0])
        return [
            *context.fill(dx, 0),
            *context.each(
                *(write_objectness, "loss", boxes, *grid),
                *(self._truths.items, boxes, self._objectness, dloss, dx),
            ),
            *context.blocks(
                *(write_answers, "loss", _blocks(self._threads), THREADS, *given),
                *(self._rule.answers, self._drawn, self._deltas, dloss, dx),
            ),
        ]

    @property
    def _threads(self) -> int:
        """How many share the answers: a warp for each."""
        return self._answers.size * WARP

    def _given(self, bottom: Blobs) -> tuple[Any, ...]:
        """What most kernels begin with."""
        return *self._grid.arguments(bottom[0]), *self._truths.arguments

    def _function(self, name: str, bottom: Blobs) -> Function:
        dtype = bottom[0].gpu_data.dtype
        return self._context.function(self._rule.file, name, dtype, **self._rule.macros)


def _blocks(threads: int) -> int:
    return min(-(-threads // THREADS), MOST_BLOCKS)
