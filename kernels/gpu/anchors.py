"""Anchors: the boxes that a detector starts from, as kernels are told of them."""

from dataclasses import dataclass
from typing import Any

from ...core import Array


@dataclass(frozen=True)
class Anchors:
    """What anchors.cuh needs.

    priors       (2, P, 4), floats: boxes and their variances
    moves        (N, P, 4): codes of a first stage, which moves the priors; or None
    predictions  (N, P, 4) or (N, P, classes, 4): codes of the boxes that are matched with objects
                 instead; or None
    coding       CODE_TYPE and VARIANCE_IN_TARGET
    real         the dtype of the codes
    """

    priors: Array
    moves: Array | None
    predictions: Array | None
    coding: dict[str, int]
    real: Any

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What kernels begin with."""
        return self.priors, self.priors.size // 8, self.moves, self.predictions
