"""Annotations: the labels that AnnotatedData gives, as YOLO's layers want them."""

import numpy as np

from ...core import Shape


def are_annotations(shape: Shape) -> bool:
    """Whether labels of this shape are AnnotatedData's: (1, 1, T, 8)."""
    return len(shape) == 4 and shape[:2] == (1, 1) and shape[3] == 8


def center_truths(annotations: np.ndarray, items: int) -> list[np.ndarray]:
    """Rows of class, x, y, w, h for each item, (t, 5).

    annotations (1, 1, T, 8): rows of item, class counted from 1, instance, left, top, right,
    bottom, difficult; those with item -1 are none.
    """
    rows = annotations.reshape(-1, 8)
    low, high = rows[:, 3:5], rows[:, 5:7]
    boxes = np.concatenate([rows[:, 1:2] - 1, (low + high) / 2, high - low], axis=1)
    return [boxes[rows[:, 0] == item] for item in range(items)]
