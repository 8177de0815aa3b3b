import numpy as np
import pytest

from cortado.layers.families.box_matching import LEFT_OUT, NONE, match_boxes


def test_every_object_gets_a_prior_from_the_largest_overlap_down():
    overlaps = np.array([[0.9, 0.8], [0.7, 0.1], [0.0, 0.3]])
    matches, nearest = match_boxes(overlaps, None)
    # The first prior suits both best, and goes to the first object.
    assert matches.tolist() == [0, NONE, 1]
    assert nearest.tolist() == [0.9, 0.7, 0.3]


def test_more_priors_are_matched_from_a_least_overlap_on():
    overlaps = np.array([[0.9, 0.1], [0.6, 0.5], [0.2, 0.49], [0.3, 0.8]])
    assert match_boxes(overlaps, 0.5)[0].tolist() == [0, 0, NONE, 1]
    assert match_boxes(overlaps, 0.49)[0].tolist() == [0, 0, 1, 1]


def test_a_pair_keeps_its_overlap_where_another_object_is_nearer():
    overlaps = np.array([[0.9, 0.0], [0.8, 0.2]])
    matches, nearest = match_boxes(overlaps, 0.5)
    assert matches.tolist() == [0, 1]
    assert nearest.tolist() == [0.9, 0.2]


def test_of_equal_overlaps_the_first_prior_and_object_win():
    assert match_boxes(np.full((3, 2), 0.4), None)[0].tolist() == [0, 1, NONE]


def test_objects_that_nothing_overlaps_stay_alone():
    matches, nearest = match_boxes(np.array([[0.0, 1e-7], [0.0, 0.0]]), 0.0)
    assert matches.tolist() == [NONE, NONE]
    assert not nearest.any()


def test_priors_left_out_are_neither_matched_nor_near():
    matches, nearest = match_boxes(np.array([[0.9], [0.3]]), 0.5, np.array([True, False]))
    assert matches.tolist() == [LEFT_OUT, 0]
    assert nearest.tolist() == [0, 0.3]


@pytest.mark.parametrize("least", [None, 0.5])
def test_without_objects_nothing_is_matched(least):
    matches, nearest = match_boxes(np.zeros((3, 0)), least)
    assert matches.tolist() == [NONE] * 3
    assert nearest.tolist() == [0, 0, 0]


def test_against_pair_by_pair_search(rng):
    for _ in range(20):
        overlaps = rng.random((7, 4)) * (rng.random((7, 4)) < 0.7)
        expected = np.full(7, NONE)
        left = {(i, j) for i in range(7) for j in range(4) if overlaps[i, j]}
        while left:
            i, j = max(left, key=lambda pair: overlaps[pair])
            expected[i] = j
            left = {(a, b) for a, b in left if a != i and b != j}
        for i in range(7):
            if expected[i] == NONE and overlaps[i].max() >= 0.6:
                expected[i] = overlaps[i].argmax()
        assert match_boxes(overlaps, 0.6)[0].tolist() == expected.tolist()
