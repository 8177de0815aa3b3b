"""The updater: clips, regularises and applies the gradients of all weights, in Caffe's order.

Rate, clip (global L2 norm over the summed gradients), divide by iter_size, decay, rule.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import Array, log
from ..kernels import cpu
from ..nets.weights import Weights
from ..proto import ConfigError
from .piecewise_update import PiecewiseUpdate
from .rule import create_rule


class Updater:
    """Moves all weights of a net one step, and keeps what the rule remembers of each.

    history[k] is as long as the flat array of the weights, and laid out as it is. The gradients
    are only read: after an update, diffs hold what backward passes left, as yet neither clipped,
    averaged nor decayed.
    """

    def __init__(self, param: Any, weights: Weights):
        self.param = param
        self.weights = weights
        self.rule = create_rule(param)
        _check(param)
        self._segments = [
            (start, stop, rate_factor, param.weight_decay * decay_factor)
            for start, stop, rate_factor, decay_factor in segments_of(weights)
        ]
        self._l1 = param.regularization_type == "L1"
        self._prepare()

    def _prepare(self) -> None:
        self._history = [np.zeros_like(self.weights.data) for _ in range(self.rule.history_count)]
        update = self.rule, self._segments, self._l1
        self._update = cpu.prepare_update(*update, self.weights.size) or PiecewiseUpdate(
            *update, self.weights
        )

    @property
    def history(self) -> list[Array]:
        """What the rule remembers, live."""
        return self._history

    def state(self) -> dict[str, float]:
        """What a resumed run must know besides the history, as JSON values."""
        return {}

    def restore(self, state: dict[str, float]) -> None:
        """Take over what state() gave, or nothing."""

    def are_weights_finite(self) -> bool:
        """Whether all weights are numbers still."""
        return math.isfinite(float(self.weights.data.sum()))

    def apply(self, rate: float, iteration: int) -> None:
        """Turn the summed gradients into a step of all weights; rate as the policy sets it."""
        w, g = self.weights.data, self.weights.diff
        with np.errstate(all="ignore"):  # the loss tells of NaNs
            scale = self._clip() / self.param.iter_size
            self.rule.begin(iteration)
            self._update.step(w, g, self.history, rate, scale)
        self.weights.version += 1

    def _clip(self) -> float:
        """What the gradients are to be multiplied by, so that their norm keeps to the limit."""
        limit = self.param.clip_gradients
        if limit < 0:
            return 1.0
        norm = self._update.norm(self.weights.diff)
        if not norm > limit:
            return 1.0
        log.info(
            "sgd_solver.cpp:93",
            f"Gradient clipping: scaling down gradients (L2 norm {norm:g} > "
            f"{limit:g}) by scale factor {limit / norm:g}",
        )
        return limit / norm


def segments_of(weights: Weights) -> Iterator[tuple[int, int, float, float]]:
    """(start, stop, lr_mult, decay_mult) of runs of weights that move alike, gaps included."""
    learnable = weights.learnable
    starts = [w.offset for w in learnable[1:]] + [weights.size]
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
