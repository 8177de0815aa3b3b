"""Non-maximum suppression: of boxes that overlap much, the one with the highest score."""

from typing import Any

import numpy as np

from ...core.boxes import overlaps

ALL = -1  # as a top_k: every box


def best_first(scores: np.ndarray, top_k: int = ALL) -> np.ndarray:
    """The places of the top_k highest scores, highest first; equal ones keep their order."""
    order = np.argsort(-scores, kind="stable")
    return order if top_k < 0 else order[:top_k]


def suppress(
    boxes: np.ndarray,
    scores: np.ndarray,
    threshold: float,
    top_k: int = ALL,
    eta: float = 1,
    kernel: Any = None,
) -> np.ndarray:
    """The places of the boxes to keep, highest score first.

    boxes (n, 4), scores (n). Of the top_k highest scores, a box is kept if its overlap with every
    box kept before is at most threshold. With eta below 1, threshold is multiplied by it after
    each box kept, as long as it is above 0.5. kernel is what prepare_suppression gave, or None.
    """
    order = best_first(scores, top_k)
    boxes = np.ascontiguousarray(boxes[order])
    kept = np.zeros(len(boxes), bool)
    (kernel or _suppress)(boxes, boxes.dtype.type(threshold), boxes.dtype.type(eta), kept)
    return order[kept]


def _suppress(boxes: np.ndarray, threshold: float, eta: float, kept: np.ndarray) -> None:
    """The kernel in array code."""
    # The largest overlap of each box with one that is kept: what keeps a box out may change.
    nearest = np.zeros(len(boxes), boxes.dtype)
    place = 0
    while place < len(boxes):
        kept[place] = True
        if eta < 1 and threshold > 0.5:
            threshold *= eta
        later = slice(place + 1, None)
        np.maximum(nearest[later], overlaps(boxes[later], boxes[place]), out=nearest[later])
        free = nearest[later] <= threshold
        place += 1 + (int(free.argmax()) if free.any() else len(free))
