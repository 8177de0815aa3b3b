import numpy as np
import pytest

from cortado.layers.families.mining import Mining
from cortado.proto.caffe_pb2 import MultiBoxLossParameter
from cortado.proto.text import parse_text

MATCHES = np.array([0, -1, -1, -1, 1, -1, -2])
LOSSES = np.array([9, 1, 4, 3, 2, 8, 7.0])
NEAREST = np.array([0.9, 0.1, 0.1, 0.1, 0.8, 0.6, 0])
APART = np.stack([[i, 0, i + 0.5, 1] for i in range(7)])


def pick(text, boxes=APART, allowed=None, matches=MATCHES):
    param = MultiBoxLossParameter()
    parse_text(text, param)
    left, negative = Mining(param).pick(LOSSES, matches, NEAREST, boxes, allowed)
    return left.tolist(), np.flatnonzero(negative).tolist()


def test_the_hardest_negatives_so_many_for_each_match():
    assert pick("neg_pos_ratio: 1") == (MATCHES.tolist(), [2, 3])
    assert pick("") == (MATCHES.tolist(), [1, 2, 3])


def test_priors_that_nearly_match_are_no_negatives():
    assert pick("neg_pos_ratio: 1 neg_overlap: 0.7")[1] == [2, 5]


def test_a_fraction_of_a_negative_is_none():
    assert pick("neg_pos_ratio: 0.9")[1] == [2]
    assert pick("neg_pos_ratio: 0.4")[1] == []


def test_only_what_is_allowed_is_picked():
    assert pick("neg_pos_ratio: 1", allowed=LOSSES < 4)[1] == [1, 3]


def test_hard_examples_are_of_all_kinds_and_matches_among_them_stay():
    text = "mining_type: HARD_EXAMPLE sample_size: 3"
    # The three hardest: a match, an unmatched prior and one that is left out.
    assert pick(text) == ([0, -1, -1, -1, -1, -1, -2], [5])
    assert pick("mining_type: HARD_EXAMPLE") == (MATCHES.tolist(), [1, 2, 3, 5])


def test_negatives_that_overlap_harder_ones_are_left_out():
    boxes = APART.copy()
    boxes[3] = boxes[2]
    text = "neg_pos_ratio: 1 nms_param { nms_threshold: 0.5 }"
    assert pick(text, boxes)[1] == [1, 2]
    assert pick("neg_pos_ratio: 1 nms_param { nms_threshold: 0.5 top_k: 2 }", boxes)[1] == [2]


def test_tiny_boxes_are_no_candidates_then():
    boxes = APART.copy()
    boxes[2, 2] = boxes[2, 0] + 1e-6
    boxes[3, 2] = boxes[3, 0] - 1
    assert pick("neg_pos_ratio: 1 nms_param { nms_threshold: 0.5 }", boxes)[1] == [1]


@pytest.mark.parametrize(
    ("text", "is_on", "picks_matches"),
    [
        ("", True, False),
        ("mining_type: NONE", False, False),
        ("mining_type: HARD_EXAMPLE", True, True),
    ],
)
def test_what_is_mined(text, is_on, picks_matches):
    param = MultiBoxLossParameter()
    parse_text(text, param)
    assert (Mining(param).is_on, Mining(param).picks_matches) == (is_on, picks_matches)
