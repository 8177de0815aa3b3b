"""Learning-rate policies: the rate as a function of the iteration, and of nothing else."""

import math
from bisect import bisect_right
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from ..proto import ConfigError


def learning_rate(param: Any, iteration: int) -> float:
    """The rate a SolverParameter sets for an iteration (the first is 0)."""
    policy = _POLICIES.get(param.lr_policy)
    if policy is None:
        close = get_close_matches(param.lr_policy, _POLICIES, n=1)
        nearest = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigError(
            f"solver: unknown lr_policy {param.lr_policy!r}; {nearest}"
            f"known policies: {', '.join(_POLICIES)}"
        )
    if param.gamma < 0:
        raise ConfigError(f"solver: gamma must be 0 or more, got {param.gamma:g}")
    try:
        return param.base_lr * policy(param, iteration)
    except (OverflowError, ZeroDivisionError):
        raise ConfigError(
            f"solver: lr_policy {param.lr_policy!r} gives iteration {iteration} a rate beyond all "
            "numbers; check gamma and power"
        ) from None


def steps_taken(param: Any, iteration: int) -> int:
    """How many steps the rate of an iteration is below base_lr: `current_step` in Caffe's files."""
    if param.lr_policy == "step":
        return iteration // param.stepsize
    return bisect_right(param.stepvalue, iteration) if param.lr_policy == "multistep" else 0


def _step(p: Any, i: int) -> float:
    if p.stepsize < 1:
        raise ConfigError('solver: lr_policy "step" needs stepsize, in iterations, at least 1')
    return p.gamma ** (i // p.stepsize)


def _multistep(p: Any, i: int) -> float:
    if list(p.stepvalue) != sorted(p.stepvalue):
        raise ConfigError(
            f"solver: stepvalue must rise from one to the next, got {list(p.stepvalue)}"
        )
    return p.gamma ** bisect_right(p.stepvalue, i)


def _poly(p: Any, i: int) -> float:
    if p.max_iter < 1:
        raise ConfigError('solver: lr_policy "poly" needs max_iter, in iterations, at least 1')
    # Steps beyond max_iter (solver.step from Python) have nothing left to fall from.
    return max(0.0, 1 - i / p.max_iter) ** p.power


def _sigmoid(p: Any, i: int) -> float:
    # Written so that neither end overflows.
    x = p.gamma * (i - p.stepsize)
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


# Each returns what base_lr is multiplied by.
_POLICIES: dict[str, Callable[[Any, int], float]] = {
    "fixed": lambda p, i: 1.0,
    "step": _step,
    "exp": lambda p, i: p.gamma**i,
    "inv": lambda p, i: (1 + p.gamma * i) ** -p.power,
    "multistep": _multistep,
    "poly": _poly,
    "sigmoid": _sigmoid,
}
