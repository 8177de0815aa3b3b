import numpy as np
import pytest

from cortado.layers.families.box_coding import BoxCoding
from cortado.layers.families.ground_truth import Objects
from cortado.layers.families.prior_matching import PriorMatching
from cortado.proto.caffe_pb2 import MultiBoxLossParameter
from cortado.proto.text import parse_text

# The first two reach out of the image.
PRIORS = np.array([[-0.1, 0, 0.5, 1], [0.6, 0, 1.1, 1], [0, 0, 0.4, 1], [0.6, 0, 1, 1]])
VARIANCES = np.full((4, 4), 0.1)


def match(text, boxes, labels, classes=3):
    param = MultiBoxLossParameter()
    parse_text(f"num_classes: {classes} share_location: false {text}", param)
    objects = Objects(np.array(boxes), np.array(labels), np.zeros(len(labels), bool))
    matching = PriorMatching(param, BoxCoding(param.code_type, False))
    matches, _ = matching.match(objects, PRIORS, VARIANCES, np.zeros((4, classes, 4)))
    return matches.tolist()


@pytest.mark.parametrize("its", ["true", "false"])
def test_an_object_is_matched_in_its_own_class(its):
    boxes = [[0.6, 0, 1, 1], [0, 0, 0.4, 1]]
    matches = match(f"use_prior_for_matching: {its} match_type: BIPARTITE", boxes, [2, 1])
    assert matches == [[-1] * 4, [-1, -1, 1, -1], [-1, -1, -1, 0]]


@pytest.mark.parametrize(("its", "out"), [("true", -1), ("false", -2)])
def test_priors_that_reach_out_are_matched_with_nothing(its, out):
    text = f"use_prior_for_matching: {its} ignore_cross_boundary_bbox: true"
    matches = match(text, [[0, 0, 0.5, 1]], [1])
    assert matches == [[-1] * 4, [out, out, 0, -1], [-1] * 4]
