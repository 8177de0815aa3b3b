"""Boxes by their centre and size: how much they overlap, in four ways, and which to keep.

A box is (x, y, w, h) along the last axis of an array. Arrays broadcast.

Source: Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019; Zheng et al.,
"Distance-IoU Loss", AAAI 2020; what Darknet and MobileNet-YOLO make of them.
"""

import numpy as np

from ...proto.caffe_pb2 import Yolov3Parameter

PLAIN = (Yolov3Parameter.IOU, Yolov3Parameter.MSE)
_QUARTER = 4 / np.pi**2


def overlap(a: np.ndarray, b: np.ndarray, kind: int = Yolov3Parameter.IOU) -> np.ndarray:
    """Intersection over union; for GIOU, DIOU and CIOU less what punishes boxes apart.

    GIOU: the share of the hull that neither covers. DIOU: (d / c)^0.6 with the squared
    distance d of the centres and the squared diagonal c of the hull. CIOU: d / c, and what
    differs in aspect. 0 for two boxes without area.
    """
    both = np.clip(_extent(a, b, np.minimum, np.maximum), 0, None).prod(axis=-1)
    either = a[..., 2] * a[..., 3] + b[..., 2] * b[..., 3] - both
    shared = _ratio(both, either)
    if kind in PLAIN:
        return shared
    hull = _extent(a, b, np.maximum, np.minimum)
    if kind == Yolov3Parameter.GIOU:
        area = hull.prod(axis=-1)
        return shared - _ratio(area - either, area)
    apart = _ratio(((a - b)[..., :2] ** 2).sum(axis=-1), (hull**2).sum(axis=-1))
    if kind == Yolov3Parameter.DIOU:
        return shared - apart**0.6
    aspect = _QUARTER * _turn(a, b) ** 2
    return shared - apart - aspect**2 / (1 - shared + aspect + 1e-6)


def overlap_of_sizes(
    sizes: np.ndarray, size: np.ndarray, kind: int = Yolov3Parameter.IOU
) -> np.ndarray:
    """The overlap of boxes of sizes (n, 2) with one of a size (2), all around one place."""
    boxes = np.concatenate([np.zeros_like(sizes), sizes], axis=-1)
    return overlap(boxes, np.concatenate([np.zeros_like(size), size]), kind)


def overlap_slope(a: np.ndarray, b: np.ndarray, kind: int) -> np.ndarray:
    """Which way one box a has to go to overlap b more: (dx, dy, dw, dh), as Darknet has it.

    Not the derivative of overlap: w and h count twice, a distance has the power 1 and the other
    sign where a place moves the hull, and boxes apart intersect by the product of negative sides.
    """
    low, high = _corners(a)
    b_low, b_high = _corners(b)
    inner = np.minimum(high, b_high) - np.maximum(low, b_low)
    hull = np.maximum(high, b_high) - np.minimum(low, b_low)
    both = inner.prod()
    either = a[2] * a[3] + b[2] * b[3] - both
    # By the low corner and by the high one, (x, y) each; a side times the other gives area.
    area = np.stack([-a[3:1:-1], a[3:1:-1]])
    both_by = np.stack([-inner[::-1] * (low > b_low), inner[::-1] * (high < b_high)])
    either_by = area - both_by
    slope = (either * both_by - both * either_by) / either**2 if either > 0 else 0 * area
    is_apart = (inner <= 0).any()
    if kind == Yolov3Parameter.GIOU:
        size = hull.prod()
        size_by = np.stack([-hull[::-1] * (low < b_low), hull[::-1] * (high > b_high)])
        hull_slope = (size * either_by - either * size_by) / size**2
        slope = hull_slope if is_apart else slope + hull_slope
    by_box = np.concatenate([slope[0] + slope[1], slope[1] - slope[0]])
    if kind not in (Yolov3Parameter.DIOU, Yolov3Parameter.CIOU):
        return by_box
    nearer = _distance_slope(a, b, hull, low < b_low, high > b_high)
    if kind == Yolov3Parameter.CIOU:
        turn, shared = _turn(a, b), both / either
        aspect = _QUARTER * turn**2
        weight = aspect / (1 - shared + aspect + 1e-6)
        nearer[2:] += weight * 2 * _QUARTER * turn * np.array([a[3], -a[2]])
    return nearer if is_apart else by_box + nearer


def suppress(boxes: np.ndarray, threshold: float) -> np.ndarray:
    """Which of boxes (n, 4), best first, to keep: none overlaps a better one by threshold."""
    keeps = np.ones(len(boxes), bool)
    for i in range(len(boxes) - 1):
        if keeps[i]:
            keeps[i + 1 :] &= ~(overlap(boxes[i + 1 :], boxes[i]) >= threshold)
    return np.flatnonzero(keeps)


def corners(boxes: np.ndarray) -> np.ndarray:
    """Boxes as (left, top, right, bottom)."""
    return np.concatenate(_corners(boxes), axis=-1)


def _corners(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    center, half = boxes[..., :2], boxes[..., 2:] / 2
    return center - half, center + half


def _extent(a: np.ndarray, b: np.ndarray, of_highs, of_lows) -> np.ndarray:
    """Width and height between a corner of one of two boxes and of one of them."""
    (low, high), (b_low, b_high) = _corners(a), _corners(b)
    return of_highs(high, b_high) - of_lows(low, b_low)


def _distance_slope(a, b, hull, is_lowest, is_highest) -> np.ndarray:
    """What nearing the centres, by the hull's squared diagonal, adds to overlap_slope."""
    diagonal, distance = (hull**2).sum(), ((a - b)[:2] ** 2).sum()
    grows = 2 * hull * distance / diagonal**2
    by_center = 2 * (b - a)[:2] / diagonal - grows * (1.0 * is_highest - is_lowest)
    by_size = grows * 0.5 * (1.0 * is_highest + is_lowest)
    return np.concatenate([by_center, by_size])


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The angle between the diagonals of b and a."""
    return np.arctan(_ratio(b[..., 2], b[..., 3])) - np.arctan(_ratio(a[..., 2], a[..., 3]))


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, and 0 where b is 0."""
    b = np.asarray(b)
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))
