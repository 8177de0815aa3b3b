"""The update in NumPy: the flat arrays are cut into pieces that stay in the cache."""

from collections.abc import Sequence

import numpy as np

from ..core import Array
from ..nets.weights import Weights
from .rule import UpdateRule

PIECE = 1 << 16  # numbers: four arrays of float32 fill 1 MiB


class PiecewiseUpdate:
    """Scales, decays and applies the gradients of a piece, then those of the next one.

    What a kernel of `prepare_update` does, for any rule.
    """

    def __init__(
        self,
        rule: UpdateRule,
        segments: Sequence[tuple[int, int, float, float]],
        l1: bool,
        weights: Weights,
    ):
        self._rule, self._l1 = rule, l1
        self._pieces = [
            (slice(start, min(start + PIECE, stop)), rate_factor, decay)
            for first, stop, rate_factor, decay in segments
            for start in range(first, stop, PIECE)
        ]
        size = min(PIECE, max(weights.data.size, 1))
        self._gradient, *self._scratch = (
            np.empty(size, weights.dtype) for _ in range(1 + rule.scratch_count)
        )

    def norm(self, g: Array) -> float:
        """The L2 norm of g."""
        return float(g @ g) ** 0.5

    def step(self, w: Array, g: Array, history: list[Array], rate: float, scale: float) -> None:
        """Move w by the gradients scale * g and the decay; g stays as it is."""
        for place, rate_factor, decay in self._pieces:
            piece = w[place]
            scratch = [s[: piece.size] for s in self._scratch]
            gradient = np.multiply(g[place], scale, out=self._gradient[: piece.size])
            if decay:
                direction = np.sign(piece, out=scratch[0]) if self._l1 else piece
                gradient += np.multiply(direction, decay, out=scratch[0])
            memory = [h[place] for h in history]
            self._rule.update(piece, gradient, memory, rate * rate_factor, scratch)
