import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Wants

IMAGE = [[60, 80, 1]]
IMAGES = [[60, 80, 1], [44, 90, 1.5]]


def proposal(anchors="ratio: 1 ratio: 2 scale: 1", **options):
    options = {"feat_stride": 8, "min_size": 4, "nms_thresh": 0.5, **options}
    numbers = " ".join(f"{name}: {value}" for name, value in options.items())
    return f'type: "Proposal" proposal_param {{ {numbers} {anchors} }}'


def batch(items=2, size=(5, 6), anchors=2, images=IMAGES, seed=1):
    """Bottoms; half of the scores are eighths, so that there are ties."""
    rng = np.random.default_rng(seed)
    scores = rng.random((items, 2 * anchors, *size))
    scores[:, :, ::2] = np.round(scores[:, :, ::2] * 8) / 8
    return scores, rng.normal(0, 0.4, (items, 4 * anchors, *size)), images


OPTIONS = [
    {},
    {"pre_nms_topn": 20},
    {"pre_nms_topn": 20, "post_nms_topn": 4},
    {"post_nms_topn": 1},
    {"pre_nms_topn": 1},
    {"pre_nms_topn": 0, "post_nms_topn": 0},
    {"nms_thresh": 0},
    {"nms_thresh": 1},
    {"min_size": 12},
    {"min_size": 0},
    {"feat_stride": 1},
]


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("options", OPTIONS)
def test_regions_are_those_of_the_host(gpu, options, tops):
    check_parity(gpu, proposal(**options), *batch(), tops=tops, backward=False)


@pytest.mark.parametrize("images", [IMAGE, [[60, 80, 5, 3]], [[60, 80, 3]], [[[60], [80], [1]]]])
def test_an_image_for_all(gpu, images):
    check_parity(gpu, proposal(), *batch(images=images), tops=2, backward=False)


def test_other_anchors(gpu):
    anchors = "ratio: 0.5 ratio: 1 ratio: 2 scale: 0.7 scale: 2"
    check_parity(gpu, proposal(anchors), *batch(anchors=6), tops=2, backward=False)


def test_nothing_is_large_enough(gpu):
    check_parity(gpu, proposal(min_size=100), *batch(), tops=2, backward=False)


def test_one_item_has_none(gpu):
    bottoms = batch(images=[[60, 80, 1], [60, 80, 50]])
    check_parity(gpu, proposal(), *bottoms, tops=2, backward=False)


def test_scores_and_shifts_that_are_no_numbers(gpu):
    scores, shifts, images = batch(size=(7, 9))
    scores[0, 2:, ::3] = np.nan
    scores[1, 2:, ::3] = np.resize([np.inf, -np.inf, -0.0, 0.0], scores[1, 2:, ::3].shape)
    shifts[0, :, :, ::3] = np.nan
    shifts[1, :, :, ::4] = np.inf
    shifts[1, 2::4, :, ::5] = 100
    for before in (50, 6000):
        text = proposal(pre_nms_topn=before)
        check_parity(gpu, text, scores, shifts, images, tops=2, backward=False)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (8, 8), (5, 13), (1, 127), (16, 8), (3, 43)])
def test_as_many_boxes_as_fill_groups(gpu, size):
    bottoms = batch(1, size, 1, images=[[8 * size[0], 8 * size[1], 1]])
    text = proposal("ratio: 1 scale: 1", nms_thresh=0.3)
    check_parity(gpu, text, *bottoms, tops=2, backward=False)


@pytest.mark.parametrize("options", [{}, {"nms_thresh": 0.2}, {"post_nms_topn": 90}])
def test_boxes_are_looked_at_part_by_part(gpu, monkeypatch, options):
    monkeypatch.setattr("cortado.kernels.gpu.pixel_suppression.MOST_GROUPS", 2)
    bottoms = batch(2, (11, 19))
    check_parity(gpu, proposal(**options), *bottoms, tops=2, backward=False)


def test_many_boxes(gpu):
    bottoms = batch(1, (30, 37), 1, [[240, 296, 1]])
    text = proposal("ratio: 1 scale: 2", nms_thresh=0.7)
    check_parity(gpu, text, *bottoms, tops=2, backward=False)


def test_regions_have_no_gradient(gpu):
    tried = gpu_layer(gpu, proposal(), *batch())
    for blob in tried.bottom:
        blob.diff[...] = np.nan
    gpu.residence.begin()
    for call in tried.kernel.bind_backward(tried.top, tried.bottom, Wants([True, False, True])):
        call()
    gpu.residence.end()
    assert [np.isnan(blob.diff).all() for blob in tried.bottom] == [False, True, False]
    assert not tried.bottom[0].diff.any()
    assert not tried.bottom[2].diff.any()
