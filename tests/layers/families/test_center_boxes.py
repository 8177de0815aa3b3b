import numpy as np
import pytest

from cortado.layers.families.center_boxes import (
    corners,
    overlap,
    overlap_of_sizes,
    overlap_slope,
    suppress,
)
from cortado.proto.caffe_pb2 import Yolov3Parameter

IOU, GIOU, DIOU, CIOU = (Yolov3Parameter.IOU_LOSS.Value(k) for k in ("IOU", "GIOU", "DIOU", "CIOU"))
A, B = np.array([1.0, 1, 2, 2]), np.array([2.0, 2, 2, 4])  # 1 x 2 in common


def test_overlaps_by_hand():
    union, hull, diagonal = 4 + 8 - 2, 3 * 4, 3**2 + 4**2
    assert overlap(A, B, IOU) == overlap(A, B, Yolov3Parameter.MSE) == pytest.approx(2 / union)
    assert overlap(A, B, GIOU) == pytest.approx(2 / union - (hull - union) / hull)
    assert overlap(A, B, DIOU) == pytest.approx(2 / union - (2 / diagonal) ** 0.6)
    aspect = 4 / np.pi**2 * (np.arctan(0.5) - np.arctan(1)) ** 2
    punished = 2 / diagonal + aspect**2 / (1 - 2 / union + aspect + 1e-6)
    assert overlap(A, B, CIOU) == pytest.approx(2 / union - punished)


def test_boxes_apart_have_nothing_in_common():
    far = np.array([9.0, 9, 1, 1])
    assert overlap(A, far) == 0
    assert overlap(A, far, GIOU) < 0 > overlap(A, far, DIOU)


def test_boxes_without_area_are_not_divided_by():
    nothing = np.zeros(4)
    assert [float(overlap(nothing, nothing, kind)) for kind in (IOU, GIOU, DIOU, CIOU)] == [0] * 4


def test_arrays_broadcast():
    boxes = np.stack([A, B])
    found = overlap(boxes[:, None], boxes)
    assert found.shape == (2, 2)
    assert found.diagonal().tolist() == [1, 1]


def test_sizes_meet_in_one_place():
    assert overlap_of_sizes(np.array([[2.0, 1], [4, 4]]), np.array([2.0, 2])).tolist() == [
        0.5,
        0.25,
    ]


def test_corners():
    assert corners(B).tolist() == [1, 0, 3, 4]


def numeric_slope(a, b, function):
    slope = np.empty(4)
    for i in range(4):
        step = np.eye(4)[i] * 1e-6
        slope[i] = (function(a + step, b) - function(a - step, b)) / 2e-6
    return slope


def hull_diagonal(a, b):
    (low, high), (b_low, b_high) = ((c[:2], c[2:]) for c in (corners(a), corners(b)))
    return ((np.maximum(high, b_high) - np.minimum(low, b_low)) ** 2).sum()


def test_the_slope_by_distance_adds_to_that_of_overlap(rng):
    for _ in range(10):
        a, b = rng.uniform(0.8, 1.2, (2, 4))
        added = overlap_slope(a, b, DIOU) - overlap_slope(a, b, IOU)
        diagonal, distance = hull_diagonal(a, b), ((a - b)[:2] ** 2).sum()
        by_hull = numeric_slope(a, b, hull_diagonal) * distance / diagonal**2
        nearer = 2 * (b - a)[:2] / diagonal
        # Darknet has another sign than the derivative where a place moves the hull.
        expected = [*(nearer - by_hull[:2]), *by_hull[2:]]
        np.testing.assert_allclose(added, expected, atol=1e-6)


def test_the_slope_by_aspect_turns_towards_the_other(rng):
    a, b = np.array([1.0, 1, 1, 1]), np.array([1.0, 1, 2, 1])
    added = overlap_slope(a, b, CIOU) - overlap_slope(a, b, DIOU)
    assert added[:2].tolist() == [0, 0]
    assert added[2] > 0 > added[3]
    turn = np.arctan(2) - np.arctan(1)
    aspect = 4 / np.pi**2 * turn**2
    assert added[2] == pytest.approx(aspect / (1 - 0.5 + aspect + 1e-6) * 8 / np.pi**2 * turn)


@pytest.mark.parametrize("kind", [DIOU, CIOU])
def test_boxes_apart_are_drawn_together(kind):
    a, b = np.array([1.0, 1, 1, 1]), np.array([5.0, 1, 1, 1])
    assert overlap_slope(a, b, kind)[0] > 0


def test_a_box_goes_that_overlaps_a_better_one():
    boxes = np.array([[0, 0, 2, 2], [0, 1, 2, 2], [0, 2, 2, 2], [9, 9, 1, 1]], float)
    third = overlap(boxes[0], boxes[1])
    assert suppress(boxes, third).tolist() == [0, 2, 3]
    assert suppress(boxes, third + 1e-9).tolist() == [0, 1, 2, 3]
    assert suppress(boxes[:0], 0.5).tolist() == []
