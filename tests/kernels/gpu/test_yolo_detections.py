import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

CLASSES, BOXES = 3, 2
SIZES = [(3, 4), (4, 6), (2, 2)]
ODD = [np.nan, np.inf, -np.inf, -0.0, 200, -200]


def second_version(param=""):
    biases = "biases: 1 biases: 2 biases: 2 biases: 1.5"
    sizes = f"num_classes: {CLASSES} num_box: {BOXES} {biases}"
    return f'type: "YoloDetectionOutput" yolo_detection_output_param {{ {sizes} {param} }}'


def third_version(param="", grids=3):
    anchors = " ".join(f"biases: {16 + 9 * i} biases: {40 - 7 * (i % 5)}" for i in range(6))
    scales = " ".join(f"anchors_scale: {16 * (i + 1)}" for i in range(grids))
    masks = " ".join(f"mask: {(5 * i + 2) % 6}" for i in range(BOXES * grids))
    sizes = f"num_classes: {CLASSES} num_box: {BOXES} mask_group_num: {grids}"
    numbers = f"{sizes} {anchors} {masks} {scales} {param}"
    return f'type: "Yolov3DetectionOutput" yolov3_detection_output_param {{ {numbers} }}'


def predictions(*sizes, items=2, seed=1):
    """Of scores there are few, so that there are ties; none that hang on how a sum is rounded."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-6, 6, (5, CLASSES)) / 2
    bottoms = []
    for size in sizes:
        p = rng.standard_normal((items, BOXES, 5 + CLASSES, *size)) * 0.7
        p[:, :, 4] = rng.integers(-6, 6, p[:, :, 4].shape) / 2
        p[:, :, 5:] = np.moveaxis(scores[rng.integers(0, 5, p[:, :, 4].shape)], -1, 2)
        bottoms.append(p)
    return bottoms


def flat(bottoms):
    return [p.reshape(len(p), BOXES * (5 + CLASSES), *p.shape[3:]) for p in bottoms]


PARAMS = [
    "",
    "confidence_threshold: 0.2",
    "confidence_threshold: 0.5 nms_threshold: 0.3",
    "confidence_threshold: 0",
    "confidence_threshold: -1 nms_threshold: 0.2",
    "nms_threshold: 0",
    "nms_threshold: -1",
    "nms_threshold: 0.9",
    "nms_threshold: 2",
    "confidence_threshold: 0.3 nms_threshold: 2",
]


@pytest.mark.parametrize("param", PARAMS)
def test_detections_of_the_second_version_are_those_of_the_host(gpu, param):
    for sizes in (SIZES[:1], SIZES[:2]):
        check_parity(gpu, second_version(param), *flat(predictions(*sizes)), backward=False)


@pytest.mark.parametrize("param", PARAMS)
def test_detections_of_the_third_version_are_those_of_the_host(gpu, param):
    check_parity(gpu, third_version(param), *flat(predictions(*SIZES)), backward=False)


@pytest.mark.parametrize("prototxt", [second_version, third_version])
@pytest.mark.parametrize("group", [8])
def test_more_candidates_than_are_looked_at_together(gpu, monkeypatch, group, prototxt):
    monkeypatch.setattr("cortado.kernels.gpu.yolo_detections.GROUP", group)
    bottoms = flat(predictions((3, 4), (4, 5)))
    grids = {} if prototxt is second_version else {"grids": 2}
    for param in ("nms_threshold: 0.3", "nms_threshold: 0.7", "nms_threshold: 2"):
        check_parity(gpu, prototxt(param, **grids), *bottoms, backward=False)


def test_as_many_candidates_as_there_can_be(gpu):
    bottoms = flat(predictions((16, 16), items=1))
    for threshold in (0.5, 2):
        param = f"confidence_threshold: -1 nms_threshold: {threshold}"
        check_parity(gpu, third_version(param, 1), *bottoms, backward=False)


@pytest.mark.parametrize("prototxt", [second_version, third_version])
def test_if_nothing_is_found_each_item_has_a_row(gpu, prototxt):
    bottoms = flat(predictions(*SIZES[:2], items=3))
    grids = {} if prototxt is second_version else {"grids": 2}
    text = prototxt("confidence_threshold: 1", **grids)
    check_parity(gpu, text, *bottoms, backward=False)


def test_an_item_of_which_nothing_is_found(gpu):
    bottoms = predictions(SIZES[0], items=3)
    bottoms[0][1, :, 4] = -20
    for prototxt in (second_version(), third_version(grids=1)):
        check_parity(gpu, prototxt, *flat(bottoms), backward=False)


@pytest.mark.parametrize("field", range(5 + CLASSES))
def test_predictions_that_are_no_numbers(gpu, field):
    bottoms = predictions((4, 5))
    numbers = bottoms[0][:, :, field]
    numbers[:, :, ::2] = np.resize(ODD, numbers[:, :, ::2].shape)
    for prototxt in (second_version(), third_version(grids=1)):
        check_parity(gpu, prototxt, *flat(bottoms), backward=False)


def test_tiny_boxes_overlap_not_even_themselves(gpu):
    bottoms = predictions((5, 5))
    bottoms[0][:, :, 2:4, ::2] = -18 - bottoms[0][:, :, 2:4, ::2]
    bottoms[0][:, :, 2:4, 3] = -100
    for threshold in (0, 0.3, 0.9):
        text = third_version(f"nms_threshold: {threshold}", 1)
        check_parity(gpu, text, *flat(bottoms), backward=False)


def test_confidences_at_the_threshold(gpu):
    bottoms = predictions(SIZES[0])
    bottoms[0][:, :, 4:] = np.reshape([0, -200, 200, -200], (4, 1, 1))
    for prototxt in (second_version, third_version):
        grids = {} if prototxt is second_version else {"grids": 1}
        for threshold in (0.5, 0.49):
            text = prototxt(f"confidence_threshold: {threshold}", **grids)
            check_parity(gpu, text, *flat(bottoms), backward=False)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (0, 3)])
def test_small_grids(gpu, size):
    bottoms = flat(predictions(size, items=2))
    for prototxt in (second_version(), third_version(grids=1)):
        check_parity(gpu, prototxt, *bottoms, backward=False)


def test_no_items(gpu):
    bottoms = flat(predictions(SIZES[0], items=0))
    for prototxt in (second_version(), third_version(grids=1)):
        check_parity(gpu, prototxt, *bottoms, backward=False)


def test_a_gradient_is_the_hosts_to_refuse(gpu):
    tried = gpu_layer(gpu, second_version(), *flat(predictions(SIZES[0])))
    tried.layer.propagate_down = [True]
    assert tried.layer.gpu_kernel(tried.kernel._context, tried.bottom, tried.top) is None
