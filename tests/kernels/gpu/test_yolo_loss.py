import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel, gpu_layer

from cortado.core import Layout

ANCHORS = [(20, 30), (36, 28), (60, 50), (10, 12), (90, 20)]
KINDS = ["MSE", "IOU", "GIOU", "DIOU", "CIOU"]
SCALES = "coord_scale: 2 class_scale: 1.5 object_scale: 3"
REGION_SCALES = f"{SCALES} noobject_scale: 0.5"


def biases(anchors):
    return " ".join(f"biases: {number:g}" for anchor in anchors for number in anchor)


def yolo(param="", masks=(1, 2, 3), classes=4):
    mask = " ".join(f"mask: {anchor}" for anchor in masks)
    shape = f"num_class: {classes} num: {len(masks)} {biases(ANCHORS)} {mask} anchors_scale: 16"
    return f'type: "Yolov3" yolov3_param {{ {shape} {SCALES} thresh: 0.3 {param} }}'


def region(param="", classes=4, thresh=0.3):
    anchors = biases([(1, 2), (3, 1.5), (0.7, 0.8)])
    shape = f"num_class: {classes} num: 3 {anchors} thresh: {thresh}"
    return f'type: "RegionLoss" region_loss_param {{ {shape} {REGION_SCALES} {param} }}'


def rows(rng, count, classes=4):
    """Truths, every third one near the one before it."""
    its = np.concatenate(
        [rng.integers(0, classes, (count, 1)), rng.random((count, 2)), rng.random((count, 2)) ** 2],
        axis=1,
    )
    its[:, 3:] = its[:, 3:] * 0.9 + 0.05
    its[2::3, 1:3] = its[1 : count - 1 : 3, 1:3]
    return its


def truths(seed=1, counts=(5, 0, 9), room=10, classes=4):
    """(N, 5 room): rows of each item, the one that ends them, and some that do not count."""
    rng = np.random.default_rng(seed)
    array = np.stack([rows(rng, room, classes) for _ in counts])
    for item, count in enumerate(counts):
        array[item, count : count + 1] = 0
    return array.reshape(len(counts), -1)


def annotations(seed=1, count=14, items=3):
    """(1, 1, T, 8), of which some are of no item."""
    rng = np.random.default_rng(seed)
    array = np.zeros((count, 8))
    its = rows(rng, count)
    array[:, 0] = rng.choice([-1, 0.5, *range(items), items], count)
    array[:, 1] = its[:, 0] + 1
    array[:, 3:5] = its[:, 1:3] - its[:, 3:] / 2
    array[:, 5:7] = its[:, 1:3] + its[:, 3:] / 2
    return array.reshape(1, 1, count, 8)


def predictions(items=3, num=3, classes=4, size=(4, 5), seed=1):
    return np.random.default_rng(seed).standard_normal((items, num * (5 + classes), *size))


LAYERS = [
    *(yolo(f"iou_loss: {kind}") for kind in KINDS),
    yolo("label_smooth_eps: 0 iou_thresh: 1"),
    yolo("iou_thresh: 0.1"),
    yolo("use_focal_loss: true"),
    yolo("use_focal_loss: true iou_loss: GIOU accumulate: false iou_thresh: 0.2"),
    yolo("use_logic_gradient: true"),
    yolo("use_logic_gradient: true iou_loss: CIOU iou_thresh: 0.2 accumulate: false"),
    yolo("iou_loss: DIOU max_delta: 0.1 iou_normalizer: 2 iou_thresh: 0.3"),
    *(region(f"rescore: {r} bias_match: {b}") for r in (0, 1) for b in (0, 1)),
]


@pytest.mark.parametrize("layer", LAYERS)
def test_losses_and_deltas_are_those_of_the_host(gpu, layer):
    check_parity(gpu, layer, predictions(), truths())


@pytest.mark.parametrize("layer", [yolo(), yolo("iou_loss: GIOU"), region()])
def test_truths_of_annotated_data(gpu, layer):
    check_parity(gpu, layer, predictions(), annotations())


@pytest.mark.parametrize("shape", [(3, 10, 5), (3, 5, 5, 2), (3, 2, 5, 5)])
def test_rows_may_have_any_shape(gpu, shape):
    check_parity(gpu, region(), predictions(), truths().reshape(shape))


@pytest.mark.parametrize("param", ["iou_loss: IOU", "", "use_focal_loss: true iou_loss: CIOU"])
def test_many_truths_of_few_boxes(gpu, param):
    """Each box answers for several truths, some of them twice for one."""
    labels = truths(counts=(40, 33), room=40)
    param = f"{param} iou_thresh: 0.01"
    check_parity(gpu, yolo(param, (1, 0)), predictions(2, 2, size=(2, 2)), labels)
    check_parity(gpu, region(), predictions(2, size=(2, 2)), labels)


@pytest.mark.parametrize("layer", [yolo, region])
def test_rows_from_the_first_without_width_do_not_count(gpu, layer):
    labels = truths(counts=(4, 7)).reshape(2, 10, 5)
    labels[0, 2, 3] = 0
    labels[1, 8] = [99, -1, 7, -1, 0]
    check_parity(gpu, layer(), predictions(2), labels)


def test_predictions_without_any_truths(gpu):
    for labels in (np.zeros((3, 20)), np.zeros((3, 0)), np.full((1, 1, 4, 8), -1)):
        check_parity(gpu, yolo("iou_loss: GIOU"), predictions(), labels)
        check_parity(gpu, region(thresh=-1), predictions(), labels)


def test_no_predictions(gpu):
    check_parity(gpu, yolo(), predictions(0), np.zeros((0, 20)))
    check_parity(gpu, region(), predictions(0), annotations(items=1))


def test_grids_without_cells_have_no_kernel(gpu):
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, yolo(), (3, 27, 0, 5), (3, 50))


def test_centres_on_the_far_edge_are_in_the_last_cell(gpu):
    labels = truths(counts=(6, 6)).reshape(2, 10, 5)
    labels[:, :6, 1] = 1
    labels[0, :6, 2] = 1
    check_parity(gpu, yolo(), predictions(2), labels)
    check_parity(gpu, region(), predictions(2), labels)


def test_one_anchor_for_two_boxes(gpu):
    layer = yolo("iou_thresh: 0.1", masks=(2, 0, 2, 2))
    check_parity(gpu, layer, predictions(num=4), truths())


def test_anchors_of_no_box(gpu):
    check_parity(gpu, yolo(masks=(4,)), predictions(num=1), truths())


@pytest.mark.parametrize("param", ["", "iou_loss: GIOU", "iou_loss: CIOU"])
@pytest.mark.parametrize("scale", [30, 200])
def test_predictions_beyond_all_measure(gpu, param, scale):
    """Exponentials that overflow, sigmoids that are 0 or 1."""
    check_parity(gpu, yolo(f"{param} use_focal_loss: true"), predictions() * scale, truths())
    check_parity(gpu, region("bias_match: 0"), predictions() * scale, truths())


def test_predictions_that_are_nan(gpu):
    x = predictions()
    x[0, :, 1, 2] = np.nan
    x[2] = np.nan
    for layer in (yolo(), yolo("iou_loss: DIOU"), region("bias_match: 0"), region()):
        check_parity(gpu, layer, x, truths())


def test_boxes_that_are_equal_or_far_apart(gpu):
    """Deltas go up the slopes of overlaps that are 1, and of those that are 0."""
    x = np.zeros((1, 27, 4, 5))
    labels = np.array([[1, 0.5, 0.375, 36 / 80, 28 / 64, 2, 0.1, 0.1, 0.001, 0.001]])
    for kind in KINDS:
        check_parity(gpu, yolo(f"iou_loss: {kind} iou_thresh: 0.0001"), x, labels)
        check_parity(gpu, yolo(f"iou_loss: {kind} iou_thresh: -1"), x, labels)


@pytest.mark.parametrize("layer", [yolo(classes=70), region(classes=70)])
def test_many_boxes_and_classes(gpu, layer):
    labels = truths(counts=(30, 0, 25), room=60, classes=70)
    check_parity(gpu, layer, predictions(classes=70, size=(13, 14)), labels)


def test_more_rows_than_a_block_has_threads(gpu):
    check_parity(gpu, region(), predictions(2), truths(counts=(3, 270), room=280))
    check_parity(gpu, yolo("iou_thresh: 1"), predictions(3), annotations(count=300))


@pytest.mark.parametrize("layer", [yolo("iou_loss: IOU iou_thresh: 0.2"), region()])
def test_a_pass_leaves_nothing_behind_for_the_next(gpu, layer):
    many, few = truths(2, counts=(9, 8, 9)), truths(3, counts=(0, 2, 1))
    tried, fresh = run(gpu, layer, many), run(gpu, layer, few)
    tried.bottom[1].data[...] = few
    forward(gpu, tried)
    assert tried.top[0].data == fresh.top[0].data


def test_predictions_may_lie_either_way(gpu):
    assert gpu_kernel(gpu, yolo(), (3, 27, 4, 5), (3, 50)).layout is Layout.EITHER


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 4, r"truth 1 has class 4, outside \[0, 4\), num_class"),
        (0, -0.5, "truth 1 has class -0.5"),
        (0, np.nan, "truth 1 has class nan"),
        (1, 1.01, r"truth 1 is a box of centre \(1.01,"),
        (2, -0.1, "truth 1 is a box of centre"),
        (3, -1, "truth 1 is a box of centre"),
        (4, 0, "truth 1 is a box of centre"),
        (4, np.nan, "truth 1 is a box of centre"),
    ],
)
def test_truths_that_cannot_be_are_named(gpu, place, value, message):
    labels = truths().reshape(3, 10, 5)
    labels[2, 1, place] = value
    for layer in (yolo(), region()):
        tried = run(gpu, layer, labels.reshape(3, -1))
        with pytest.raises(ValueError, match=rf"bottom\[1\], item 2: {message}"):
            tried.kernel._context.faults.check()


def test_annotations_that_cannot_be_are_named(gpu):
    labels = annotations(items=1)
    labels[0, 0, 3] = [2, 9, 0, 0.2, 0.2, 0.4, 0.5, 0]
    tried = run(gpu, region(), labels)
    with pytest.raises(ValueError, match=r"bottom\[1\], item 2: truth \d has class 8, outside"):
        tried.kernel._context.faults.check()


def test_the_fault_of_a_batch_that_is_gone(gpu):
    labels = truths()
    labels[0, 0] = 17
    tried = run(gpu, yolo(), labels)
    tried.bottom[1].data[...] = truths()
    with pytest.raises(ValueError, match="in a batch since the loss was last read"):
        tried.kernel._context.faults.check()


def run(gpu, layer, labels):
    tried = gpu_layer(gpu, layer, predictions(), labels)
    forward(gpu, tried)
    return tried


def forward(gpu, tried):
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
