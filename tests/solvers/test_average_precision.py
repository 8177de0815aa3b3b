import numpy as np
import pytest

from cortado.solvers.average_precision import VERSIONS, average_precision


def precision(right, objects, version):
    """For detections in the order of their scores, right or wrong."""
    scores = np.arange(len(right), 0, -1.0)
    return average_precision(scores, np.array(right, bool), objects, version)


@pytest.mark.parametrize(
    ("right", "objects", "expected"),
    [
        # Recall 1/2 at precision 1, 1 at 2/3; eleven points: 6 and 5 of them.
        ([1, 0, 1], 2, ((6 + 5 * 2 / 3) / 11, (1 + 2 / 3) / 2, (1 + 2 / 3) / 2)),
        # The best precision from 1/3 on is 2/3, though it is 1/2 at the first right one.
        ([0, 1, 1], 3, (7 * 2 / 3 / 11, 2 / 3 * 2 / 3, (1 / 2 + 2 / 3) / 3)),
        ([1, 1], 2, (1, 1, 1)),
        ([0, 0], 2, (0, 0, 0)),
        ([], 2, (0, 0, 0)),
        ([0, 1], 0, (0, 0, 0)),
    ],
)
def test_by_hand(right, objects, expected):
    for version, value in zip(VERSIONS, expected, strict=True):
        assert precision(right, objects, version) == pytest.approx(value, rel=1e-6), version


def test_detections_count_by_falling_score_and_equal_ones_as_they_come():
    scores = np.array([0.1, 0.9, 0.5, 0.5])
    right = np.array([False, True, True, False])
    value = average_precision(scores, right, 2, "Integral")
    assert value == 1
    assert average_precision(scores, ~right, 2, "Integral") == pytest.approx((1 / 3 + 1 / 2) / 2)


def test_seven_of_ten_is_a_recall_below_point_seven():
    """As Caffe's float32 has it: the eighth of eleven points is not reached."""
    assert precision([1] * 7, 10, "11point") == pytest.approx(7 / 11)
    assert precision([1] * 6, 10, "11point") == pytest.approx(7 / 11)


def test_against_the_definition(rng):
    for _ in range(30):
        right = rng.random(12) < 0.5
        objects = int(right.sum()) + 2
        found = np.cumsum(right)
        precisions, recalls = found / np.arange(1, 13), found / objects
        best = [max(precisions[i:]) for i in range(12)]
        steps = np.diff(recalls, prepend=0)
        points = [
            max((p for p, r in zip(precisions, recalls, strict=True) if r >= t / 10), default=0)
            for t in range(11)
        ]
        if not any(np.isclose(r, t / 10) for r in recalls for t in range(1, 11)):
            assert precision(right, objects, "11point") == pytest.approx(np.mean(points))
        assert precision(right, objects, "MaxIntegral") == pytest.approx((best * steps).sum())
        assert precision(right, objects, "Integral") == pytest.approx((precisions * steps).sum())
