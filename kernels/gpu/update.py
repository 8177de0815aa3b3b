"""Update: moves the weights of a net by their gradients, in one pass over flat arrays."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core import Array, Call
from .changing import ChangingNumbers
from .context import THREADS, Context

RULES = {"SGD": 0, "Nesterov": 1, "AdaGrad": 2, "RMSProp": 3, "AdaDelta": 4, "Adam": 5}
PIECE = 1 << 12  # numbers that a block takes
NORM_BLOCKS = 1 << 9


class Update:
    """Clips, averages, decays and applies gradients, as solvers/updater.py says.

    segments  (start, stop, rate factor, decay) of runs of weights that move alike
    limit     the L2 norm that gradients are cut down to; below 0 there is none
    batches   how many backward passes the gradients are the sum of

    changing  what asks for the rate and the numbers of the rule, before each update
    """

    def __init__(
        self,
        context: Context,
        changing: ChangingNumbers,
        rule: Any,
        segments: Sequence[tuple[int, int, float, float]],
        l1: bool,
        limit: float,
        batches: int,
    ):
        pieces = [
            (start, min(start + PIECE, stop), rate_factor, decay)
            for first, stop, rate_factor, decay in segments
            for start in range(first, stop, PIECE)
        ]
        self._context, self._changing = context, changing
        self._rule, self._l1 = rule, l1
        self._limit, self._batches = limit, batches
        self._blocks = len(pieces)
        if pieces:
            bounds = np.array([piece[:2] for piece in pieces], np.int32)
            factors = np.array([piece[2:] for piece in pieces], np.float32)
            self._bounds = context.constants(bounds.reshape(-1))
            self._factors = context.constants(factors.reshape(-1))

    def bind(
        self, w: Array, g: Array, history: Sequence[Array], rate: Callable[[], float]
    ) -> list[Call]:
        """The calls that move w by the gradients g, which stay as they are."""
        if not self._blocks:
            return []
        context = self._context
        scale = context.constants(np.array([1 / self._batches], np.float32))
        looks = self._limit >= 0 or context.loss_scale
        clipping = self._clipping(g, scale) if looks else []
        numbers = [
            self._changing.add("float32", lambda i=i: self._rule.numbers[i])
            for i in range(len(self._rule.numbers))
        ]
        function = context.function("update.cu", "update", RULE=RULES[self._rule.type])
        return clipping + context.blocks(
            function,
            f"update {self._rule.type}",
            self._blocks,
            THREADS,
            w,
            g,
            *[*history, None, None][:2],
            self._bounds,
            self._factors,
            scale,
            self._l1,
            self._changing.add("float32", rate),
            *[*numbers, None, None, None, None][:4],
        )

    def _clipping(self, g: Array, scale: Array) -> list[Call]:
        """The calls that set the scale by the norm of g; sums are taken in one order, always.

        With a loss scale, gradients that are not finite are left out of any update.
        """
        context = self._context
        squaring, partial = sums_of_squares(context, g)
        clip = context.function("update.cu", "clip")
        scaling = context.loss_scale
        numbers = partial, partial.size, float(self._limit), float(self._batches), scale
        scales = (scaling.scale, scaling.good) if scaling else (None, None)
        return [*squaring, *context.blocks(clip, "clip", 1, THREADS, *numbers, *scales)]


def sums_of_squares(context: Context, numbers: Array) -> tuple[list[Call], Array]:
    """The calls that sum the squares of shares of a flat array, and where: float64 numbers."""
    blocks = min(NORM_BLOCKS, -(-numbers.size // THREADS))
    partial = context.zeros(blocks, "float64")
    squares = context.function("update.cu", "squares")
    arguments = numbers, numbers.size, partial
    return context.blocks(squares, "squares", blocks, THREADS, *arguments), partial
