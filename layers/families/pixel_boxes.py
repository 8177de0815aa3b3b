"""Boxes (x1, y1, x2, y2) in pixels, ends inclusive: x2 = x1 is one pixel wide.

Source: Girshick et al., "Rich feature hierarchies for accurate object detection and semantic
segmentation", CVPR 2014, for the encoding of one box relative to another.
"""

import numpy as np

from ...core import Array
from ...kernels import cpu


def encode(boxes: Array, targets: Array) -> Array:
    """What moves each box to its target: shift of the centre over the size, log of the sizes."""
    centre, size = _centre_and_size(boxes)
    target_centre, target_size = _centre_and_size(targets)
    return np.concatenate([(target_centre - centre) / size, np.log(target_size / size)], axis=1)


def decode(boxes: Array, deltas: Array) -> Array:
    """The boxes that deltas, encoded as by encode, move the boxes to.

    As in Faster R-CNN, whose nets are trained so, x2 and y2 are one pixel further than encode's.
    """
    centre, size = _centre_and_size(boxes)
    centre = deltas[:, :2] * size + centre
    half = np.exp(deltas[:, 2:]) * size / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def clip(boxes: Array, height: float, width: float) -> Array:
    """The boxes with what reaches out of the image cut off."""
    most = np.array([width, height, width, height], boxes.dtype) - 1
    return np.maximum(np.minimum(boxes, most), 0)


def sizes(boxes: Array) -> Array:
    """Width and height of each box, (N, 2)."""
    return boxes[:, 2:] - boxes[:, :2] + 1


def overlaps(boxes: Array, others: Array) -> Array:
    """Intersection over union of each box with each other one, (N, M)."""
    first = np.maximum(boxes[:, None, :2], others[None, :, :2])
    last = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.maximum(last - first + 1, 0).prod(axis=2)
    areas, other_areas = sizes(boxes).prod(axis=1), sizes(others).prod(axis=1)
    return common / (areas[:, None] + other_areas - common)


def suppress(boxes: Array, threshold: float, most: int) -> Array:
    """Non-maximum suppression: which of the boxes, best first, to keep, at most `most`.

    A box goes if it overlaps one kept before by more than threshold.
    """
    kernel = cpu.prepare_pixel_suppression()
    if kernel:
        return kernel(boxes, threshold, most)
    kept: list[int] = []
    areas = sizes(boxes).prod(axis=1)
    left = np.arange(len(boxes))
    while len(left) and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        others, (x1, y1, x2, y2) = boxes[left], boxes[best]
        width = np.minimum(others[:, 2], x2) - np.maximum(others[:, 0], x1) + 1
        height = np.minimum(others[:, 3], y2) - np.maximum(others[:, 1], y1) + 1
        common = np.maximum(width, 0) * np.maximum(height, 0)
        left = left[common <= threshold * (areas[best] + areas[left] - common)]
    return np.array(kept, int)


def _centre_and_size(boxes: Array) -> tuple[Array, Array]:
    size = sizes(boxes)
    return boxes[:, :2] + size / 2, size
