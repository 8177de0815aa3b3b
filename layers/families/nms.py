"""Non-maximum suppression: of boxes that overlap much, the one with the highest score."""

import numpy as np

from ...core.boxes import areas, intersections

ALL = -1  # as a top_k: every box


def best_first(scores: np.ndarray, top_k: int = ALL) -> np.ndarray:
    """The places of the top_k highest scores, highest first; equal ones keep their order."""
    order = np.argsort(-scores, kind="stable")
    return order if top_k < 0 else order[:top_k]


def suppress(
    boxes: np.ndarray, scores: np.ndarray, threshold: float, top_k: int = ALL, eta: float = 1
) -> np.ndarray:
    """The places of the boxes to keep, highest score first.

    boxes (n, 4), scores (n). Of the top_k highest scores, a box is kept if its overlap with every
    box kept before is at most threshold. With eta below 1, threshold is multiplied by it after
    each box kept, as long as it is above 0.5.
    """
    order = best_first(scores, top_k)
    boxes = boxes[order]
    sizes = areas(boxes)
    kept: list[int] = []
    # The largest overlap of each box with one that is kept: what keeps a box out may change.
    nearest = np.zeros(len(boxes), boxes.dtype)
    place = 0
    while place < len(boxes):
        kept.append(place)
        if eta < 1 and threshold > 0.5:
            threshold *= eta
        later = slice(place + 1, None)
        common = intersections(boxes[later], boxes[place])
        union = sizes[later] + sizes[place] - common
        np.maximum(nearest[later], common / np.where(common > 0, union, 1), out=nearest[later])
        free = nearest[later] <= threshold
        place += 1 + (int(free.argmax()) if free.any() else len(free))
    return order[kept]
