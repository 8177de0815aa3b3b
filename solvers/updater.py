"""The updater: clips, regularises and applies the gradients of all weights, in Caffe's order.

Rate, clip (global L2 norm over the summed gradients), divide by iter_size, decay, rule. The flat
arrays of the net are cut into pieces that stay in the cache from the first of these to the last.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import Array, log
from ..nets.weights import Weights
from ..proto import ConfigError
from .rule import create_rule

PIECE = 1 << 16  # numbers: four arrays of float32 fill 1 MiB


class Updater:
    """Moves all weights of a net one step, and keeps what the rule remembers of each.

    history[k] is as long as the flat array of the weights, and laid out as it is.
    """

    def __init__(self, param: Any, weights: Weights):
        self.param = param
        self.weights = weights
        self.rule = create_rule(param)
        _check(param)
        self.history: list[Array] = [
            weights.xp.zeros_like(weights.data) for _ in range(self.rule.history_count)
        ]
        self._scratch = [
            weights.xp.empty(min(PIECE, max(weights.data.size, 1)), weights.dtype)
            for _ in range(self.rule.scratch_count)
        ]
        self._pieces = [
            (slice(start, min(start + PIECE, stop)), rate, decay)
            for start, stop, rate, decay in _segments(weights)
            for start in range(start, stop, PIECE)
        ]

    def apply(self, rate: float, iteration: int) -> None:
        """Turn the summed gradients into a step of all weights; rate as the policy sets it."""
        with np.errstate(all="ignore"):  # the loss tells of NaNs
            self._apply(rate, iteration)

    def _apply(self, rate: float, iteration: int) -> None:
        self._clip()
        self.rule.begin(iteration)
        w, g = self.weights.data, self.weights.diff
        for place, rate_factor, decay_factor in self._pieces:
            piece = g[place]
            scratch = [s[: piece.size] for s in self._scratch]
            if self.param.iter_size > 1:
                piece *= 1 / self.param.iter_size
            self._decay(w[place], piece, self.param.weight_decay * decay_factor, scratch[0])
            history = [h[place] for h in self.history]
            self.rule.update(w[place], piece, history, rate * rate_factor, scratch)

    def _clip(self) -> None:
        limit = self.param.clip_gradients
        if limit < 0:
            return
        g = self.weights.diff
        norm = math.sqrt(float(g @ g))
        if norm > limit:
            log.info(
                "sgd_solver.cpp:93",
                f"Gradient clipping: scaling down gradients (L2 norm {norm:g} > "
                f"{limit:g}) by scale factor {limit / norm:g}",
            )
            g *= limit / norm

    def _decay(self, w: Array, g: Array, decay: float, scratch: Array) -> None:
        if not decay:
            return
        direction = np.sign(w, out=scratch) if self.param.regularization_type == "L1" else w
        g += np.multiply(direction, decay, out=scratch)


def _segments(weights: Weights) -> Iterator[tuple[int, int, float, float]]:
    """(start, stop, lr_mult, decay_mult) of runs of weights that move alike, gaps included."""
    learnable = weights.learnable
    starts = [w.offset for w in learnable[1:]] + [weights.data.size]
    run: tuple[int, int, float, float] | None = None
    for weight, stop in zip(learnable, starts, strict=False):
        alike = (weight.learning_rate, weight.decay)
        if run and run[2:] == alike:
            run = (run[0], stop, *alike)
            continue
        if run:
            yield run
        run = (weight.offset, stop, *alike)
    if run:
        yield run


def _check(param: Any) -> None:
    if param.regularization_type not in ("L1", "L2"):
        raise ConfigError(
            f'solver: unknown regularization_type {param.regularization_type!r}; "L1" or "L2"'
        )
    if param.iter_size < 1:
        raise ConfigError(f"solver: iter_size must be at least 1, got {param.iter_size}")
