import numpy as np
import pytest

from cortado.core.boxes import overlaps
from cortado.layers.families.nms import best_first, suppress


def test_best_first_keeps_the_order_of_equal_scores():
    scores = np.array([0.2, 0.9, 0.5, 0.9, 0.5])
    assert best_first(scores).tolist() == [1, 3, 2, 4, 0]
    assert best_first(scores, 3).tolist() == [1, 3, 2]
    assert best_first(scores, 0).tolist() == []


def test_a_box_that_overlaps_a_better_one_too_much_goes():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9], [0, 0, 4, 2]], float)
    scores = np.array([0.5, 0.9, 0.1, 0.4])
    # The second keeps the first out at 3/4, and the last at 2/3.
    assert suppress(boxes, scores, 0.6).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.7).tolist() == [1, 3, 2]
    assert suppress(boxes, scores, 0.75).tolist() == [1, 0, 3, 2]


def test_a_box_that_is_gone_keeps_none_out():
    boxes = np.array([[0, 0, 4, 1], [1, 0, 5, 1], [2, 0, 6, 1]], float)
    # Neighbours overlap by 3/5, the outer ones by 1/3.
    assert suppress(boxes, np.array([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2]


def test_only_the_top_k_take_part():
    boxes = np.arange(16, dtype=float).reshape(4, 4)
    assert suppress(boxes, np.array([0.1, 0.4, 0.3, 0.2]), 0.5, top_k=2).tolist() == [1, 2]


def test_nothing_in_nothing_out():
    assert suppress(np.empty((0, 4)), np.empty(0), 0.5).tolist() == []


def plain(boxes, scores, threshold, eta):
    kept = []
    for i in best_first(scores):
        if all(overlaps(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(int(i))
            if eta < 1 and threshold > 0.5:
                threshold *= eta
    return kept


@pytest.mark.parametrize(
    ("threshold", "eta"), [(0.3, 1), (0.0, 1), (1.0, 1), (0.9, 0.8), (0.6, 0.5)]
)
def test_against_box_by_box_search(rng, threshold, eta):
    low = rng.random((80, 2))
    boxes = np.concatenate([low, low + rng.random((80, 2)) - 0.1], axis=1)
    scores = rng.integers(0, 20, 80) / 20
    assert suppress(boxes, scores, threshold, eta=eta).tolist() == plain(
        boxes, scores, threshold, eta
    )
