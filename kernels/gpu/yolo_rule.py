"""YoloRule: what tells the losses of YOLO's versions apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class YoloRule:
    """What yolo_loss.cuh needs.

    file         the source that has a Rule, made with these macros
    numbers      of the Rule
    anchors      what its kernel `answer` is told of them
    answers      how many boxes may answer for a truth
    miss_weight  of the mean of what overlap is missing, in the loss
    """

    file: str
    macros: dict[str, int]
    numbers: Sequence[float]
    anchors: Sequence[Any] = ()
    answers: int = 1
    miss_weight: float = 0.0
