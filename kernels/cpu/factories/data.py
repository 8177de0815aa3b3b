"""Factories of passes over a batch of images, and over all weights of a net."""

from collections.abc import Sequence
from typing import Any

from ... import numba
from .. import thresholds

Segments = Sequence[tuple[int, int, float, float]]


def prepare_transform(count: int):
    """Crops, mirrors, subtracts and scales images in one pass; None where array code is as fast.

    count: how many numbers a batch has. Called with images x (n, C, H, W), planes or pixels, the
    places for them y (n, C, height, width), chances (n, 3) of Transformer, whether to crop and
    whether to mirror by them, mean (1 or C, 1, 1) or (C, H, W), and scale, in y's dtype. Returns
    False, having done nothing, if x lies in memory in another way.
    """
    if count < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.transform import Transform

    return Transform()


def prepare_update(rule: Any, segments: Segments, l1: bool, count: int):
    """One pass over flat arrays that moves weights w by a rule of solvers/; None if there is none.

    segments: (start, stop, rate factor, decay) of runs of weights that move alike; l1: the decay
    has the sign of w for its direction, not w; rule.type names the formula, rule.numbers are what
    stands in it.

    norm(g), the L2 norm; step(w, g, history, rate, scale), gradients being scale * g and the decay
    """
    if count < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.update import STEPS, Update

    return Update(rule, segments, l1) if rule.type in STEPS else None
