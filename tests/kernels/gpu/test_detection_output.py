import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel

ITEMS, PRIORS, CLASSES = 3, 70, 4


def detection_output(param="", classes=CLASSES):
    return f'type: "DetectionOutput" detection_output_param {{ num_classes: {classes} {param} }}'


def boxes(rng, count):
    low = rng.random((count, 2)) * 0.6
    return np.concatenate([low, low + 0.2 + rng.random((count, 2)) * 0.3], axis=1)


def batch(seed=1, *, items=ITEMS, priors=PRIORS, classes=CLASSES, location_classes=1, count=3):
    """Bottoms: scores are quarters, so that there are ties; the last item has none above 0.25."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-1, 5, (items, priors * classes)) / 4
    scores[-1] = np.minimum(scores[-1], 0.25)
    bottoms = [
        rng.standard_normal((items, priors * location_classes * 4)) * 0.5,
        scores,
        np.stack([boxes(rng, priors), 0.1 + 0.1 * rng.random((priors, 4))]).reshape(1, 2, -1),
        rng.integers(0, 3, (items, priors * 2)) / 4,
        rng.standard_normal((items, priors * 4)) * 0.5,
    ]
    return bottoms[:count]


PARAMS = [
    "",
    "confidence_threshold: 0.3",
    "confidence_threshold: 0.3 nms_param { nms_threshold: 0.45 top_k: 400 } keep_top_k: 200",
    "confidence_threshold: 0.3 nms_param { top_k: 11 }",
    "confidence_threshold: 0.3 nms_param { top_k: 0 }",
    "nms_param { top_k: 64 nms_threshold: 0.9 }",
    "nms_param { nms_threshold: 0.6 eta: 0.9 }",
    "nms_param { nms_threshold: 0.9 eta: 0.99 top_k: 40 } keep_top_k: 30",
    "nms_param { nms_threshold: 0 }",
    "nms_param { nms_threshold: 1 }",
    "keep_top_k: 0",
    "keep_top_k: 1",
    "keep_top_k: 21 nms_param { nms_threshold: 1 }",
    "confidence_threshold: 0.8 keep_top_k: 5",
    "background_label_id: 2",
    "background_label_id: -1 confidence_threshold: 0.3",
    "background_label_id: 9 confidence_threshold: 0.3",
    "code_type: CENTER_SIZE",
    "code_type: CENTER_SIZE clip: true",
    "code_type: CORNER_SIZE",
    "code_type: CENTER_SIZE variance_encoded_in_target: true",
    "variance_encoded_in_target: true clip: true",
]


@pytest.mark.parametrize("param", PARAMS)
def test_objects_are_those_of_the_host(gpu, param):
    check_parity(gpu, detection_output(param), *batch(), backward=False)


@pytest.mark.parametrize("param", PARAMS)
def test_a_first_stage_moves_priors_and_has_its_say(gpu, param):
    param = f"{param} objectness_score: 0.25"
    check_parity(gpu, detection_output(param), *batch(count=5), backward=False)


@pytest.mark.parametrize("param", ["", "code_type: CENTER_SIZE keep_top_k: 9"])
def test_locations_of_each_class(gpu, param):
    param = f"{param} share_location: false"
    bottoms = batch(location_classes=CLASSES)
    check_parity(gpu, detection_output(param), *bottoms, backward=False)


def test_a_first_stage_may_say_only_what_is_likely(gpu):
    param = "objectness_score: 0.3 nms_param { top_k: 30 }"
    check_parity(gpu, detection_output(param), *batch(count=4), backward=False)


def test_nothing_is_drawn_on_images(gpu):
    bottoms = *batch(), (ITEMS, 3, 4, 4)
    check_parity(gpu, detection_output("confidence_threshold: 0.3"), *bottoms, backward=False)


@pytest.mark.parametrize("keep", [-1, 0, 5])
def test_if_nothing_is_found_each_item_has_a_row(gpu, keep):
    param = f"confidence_threshold: 2 keep_top_k: {keep}"
    check_parity(gpu, detection_output(param), *batch(), backward=False)


def test_scores_that_are_no_numbers(gpu):
    bottoms = batch()
    odd = [np.nan, -np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-45, -1e-45]
    bottoms[1][:, ::5] = np.resize(odd, bottoms[1][:, ::5].shape)
    for param in ("", "nms_param { top_k: 20 } keep_top_k: 25", "confidence_threshold: 0"):
        check_parity(gpu, detection_output(param), *bottoms, backward=False)


def test_boxes_that_are_no_boxes(gpu):
    bottoms = batch()
    bottoms[0][0, ::7] = np.nan
    bottoms[0][1, ::9] = np.inf
    bottoms[0][1, 4::12] = 30
    for param in ("", "clip: true", "code_type: CENTER_SIZE clip: true"):
        check_parity(gpu, detection_output(param), *bottoms, backward=False)


@pytest.mark.parametrize("priors", [1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 257])
def test_lists_of_any_length(gpu, priors):
    param = "nms_param { nms_threshold: 0.8 } code_type: CENTER_SIZE"
    bottoms = batch(items=1, priors=priors, classes=2)
    check_parity(gpu, detection_output(param, classes=2), *bottoms, backward=False)


def test_more_candidates_than_are_sorted_in_shared_memory(gpu):
    bottoms = batch(items=1, priors=1100, classes=2)
    bottoms[1] = np.random.default_rng(1).random((1, 2200))
    param = "nms_param { nms_threshold: 0.1 } keep_top_k: 7"
    check_parity(gpu, detection_output(param, classes=2), *bottoms, backward=False)


def test_blocks_share_lists_where_space_is_short(gpu, monkeypatch):
    monkeypatch.setattr("cortado.kernels.gpu.detection_output.MOST_SPACE", 3000)
    check_parity(gpu, detection_output(), *batch(), backward=False)


def test_no_priors(gpu):
    bottoms = (2, 0), (2, 0), (1, 2, 0)
    check_parity(gpu, detection_output(), *bottoms, backward=False)


def test_without_classes_there_is_no_kernel(gpu):
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, detection_output(classes=1), (2, 12), (2, 3), (1, 2, 12))
