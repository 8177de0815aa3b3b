"""Nets on a GPU that find objects or regions, now more of them, now fewer."""

import json

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

REGIONS = """
layer { name: "input" type: "Input" top: "x" top: "image" input_param {
        shape { dim: 1 dim: 3 dim: 6 dim: 7 } shape { dim: 1 dim: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param {
        num_output: 5 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "scores" type: "Convolution" bottom: "conv" top: "scores" convolution_param {
        num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "shifts" type: "Convolution" bottom: "conv" top: "shifts" convolution_param {
        num_output: 8 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "regions" type: "Proposal" bottom: "scores" bottom: "shifts" bottom: "image"
        top: "regions" top: "best" proposal_param {
        feat_stride: 8 ratio: 1 ratio: 2 scale: 1 min_size: 9 nms_thresh: 0.5 post_nms_topn: 30 } }
layer { name: "pool" type: "ROIPooling" bottom: "conv" bottom: "regions" top: "pool"
        roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.125 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip" inner_product_param {
        num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1
        reduction_param { operation: SUMSQ } }
force_backward: true
"""

OBJECTS = """
layer { name: "input" type: "Input" top: "scores" top: "locations" top: "priors" top: "truth"
        input_param { shape { dim: 2 dim: 60 } shape { dim: 2 dim: 80 }
                      shape { dim: 1 dim: 2 dim: 80 } shape { dim: 1 dim: 1 dim: 4 dim: 8 } } }
layer { name: "chances" type: "Sigmoid" bottom: "scores" top: "chances" }
layer { name: "found" type: "DetectionOutput" bottom: "locations" bottom: "chances"
        bottom: "priors" top: "found" detection_output_param {
        num_classes: 3 confidence_threshold: 0.5 keep_top_k: 12
        nms_param { nms_threshold: 0.4 top_k: 15 } } }
layer { name: "rated" type: "DetectionEvaluate" bottom: "found" bottom: "truth" top: "rated"
        detection_evaluate_param { num_classes: 3 } }
"""

OTHERS = "image_id", "category_id", "score"  # beside the box, in a file of COCO's

GRIDS = """
layer { name: "input" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 6 dim: 7 } } }
layer { name: "fine" type: "Convolution" bottom: "x" top: "fine" convolution_param {
        num_output: 16 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "coarse" type: "Convolution" bottom: "x" top: "coarse" convolution_param {
        num_output: 16 kernel_size: 3 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "found" type: "Yolov3DetectionOutput" bottom: "coarse" bottom: "fine" top: "found"
        yolov3_detection_output_param {
        num_classes: 3 num_box: 2 biases: [10, 13, 33, 23, 62, 45] mask: [1, 2, 0, 1]
        anchors_scale: [32, 16] confidence_threshold: 0.4 nms_threshold: 0.4 } }
layer { name: "doubled" type: "Power" bottom: "found" top: "doubled" power_param { scale: 2 } }
"""


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def make(text, phase, device="gpu", **options):
    return Net(parse_net(text), phase, device=device, seed=3, **options)


def give_regions(net, number):
    """Images of other sizes let more or fewer regions be large enough; the fourth, none."""
    rng = np.random.default_rng(number)
    net.blobs["x"].data[...] = rng.standard_normal(net.blobs["x"].shape)
    net.blobs["image"].data[...] = [48, 56, [1, 1, 1.5, 9][number % 4]]


def give_objects(net, number):
    rng = np.random.default_rng(number)
    boxes = rng.random((24, 2)) * 0.6
    boxes = np.concatenate([boxes, boxes + 0.3], axis=1)
    # Other scores let more or fewer of them be high enough; in the fourth batch, none.
    scores = rng.standard_normal((2, 60)) - [0, 1, 2, 9][number % 4]
    for name, array in {
        "scores": scores,
        "locations": rng.standard_normal((2, 80)) * 0.3,
        "priors": [np.stack([boxes[:20].ravel(), np.full(80, 0.1)])],
    }.items():
        net.blobs[name].data[...] = array
    truth = net.blobs["truth"].data[0, 0]
    truth[:, 0], truth[:, 1], truth[:, 3:7] = [0, 0, 1, 1], [1, 2, 1, 2], boxes[20:]


def give_grids(net, number):
    """Stronger images let more be sure enough; in the fourth batch, none is."""
    rng = np.random.default_rng(number)
    x = net.blobs["x"]
    x.data[...] = rng.standard_normal(x.shape) * [3, 2, 1, 0][number % 4]


@pytest.mark.parametrize("keep", [None, ["regions", "best", "pool", "ip"]])
def test_regions_are_pooled_and_learned_from_however_many_there_are(keep):
    ours = make(REGIONS, TRAIN, keep=keep)
    theirs = make(REGIONS, TRAIN, "cpu")
    counts = set()
    for number in range(8):
        for net in (ours, theirs):
            give_regions(net, number)
        assert ours.forward() == pytest.approx(theirs.forward(), rel=1e-4)
        for name in ("regions", "best", "pool", "ip"):
            arrays = (net.blobs[name].data for net in (ours, theirs))
            np.testing.assert_allclose(*arrays, rtol=1e-4, atol=1e-4, err_msg=name)
        counts.add(len(theirs.blobs["regions"].data))
        for net in (ours, theirs):
            net.backward(adds=False)
        for layer, weights in theirs.params.items():
            for ours_too, weight in zip(ours.params[layer], weights, strict=True):
                np.testing.assert_allclose(ours_too.diff, weight.diff, 1e-3, 1e-4, err_msg=layer)
    assert 0 in counts
    assert len(counts) > 3


def test_objects_are_rated_on_the_host_however_many_there_are():
    ours, theirs = make(OBJECTS, TEST), make(OBJECTS, TEST, "cpu")
    counts = set()
    for number in range(8):
        for net in (ours, theirs):
            give_objects(net, number)
            net.forward()
        for name in ("found", "rated"):
            arrays = (net.blobs[name].data for net in (ours, theirs))
            np.testing.assert_allclose(*arrays, rtol=1e-5, atol=1e-6, err_msg=name)
        counts.add(len(theirs.blobs["found"].data[0, 0]))
    assert 2 in counts
    assert len(counts) > 3


def test_files_of_objects_are_those_of_the_host(tmp_path):
    labels = [f'item {{ label: {i} name: "{i}" display_name: "{i}" }}' for i in range(3)]
    (tmp_path / "labels").write_text("\n".join(labels))
    (tmp_path / "sizes").write_text("".join(f"{i} 50 {60 + i}\n" for i in range(4)))
    files = {"gpu": [], "cpu": []}
    for device in ("gpu", "cpu"):
        saving = (
            f'save_output_param {{ output_directory: "{tmp_path}/{device}" output_format: "COCO" '
            f'label_map_file: "{tmp_path}/labels" name_size_file: "{tmp_path}/sizes" }} num_classes'
        )
        net = make(OBJECTS.replace("num_classes", saving, 1), TEST, device)
        for number in range(8):
            give_objects(net, number)
            net.forward()
            if number % 2:
                found = json.loads((tmp_path / device / ".json").read_text())
                files[device].append([[*it["bbox"], *map(it.get, OTHERS)] for it in found])
    assert len({len(found) for found in files["cpu"]}) > 2
    for ours, theirs in zip(*files.values(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=0.011)  # what is written is rounded


def test_detections_of_grids_however_many_there_are():
    ours, theirs = make(GRIDS, TEST), make(GRIDS, TEST, "cpu")
    counts = set()
    for number in range(8):
        for net in (ours, theirs):
            give_grids(net, number)
            net.forward()
        arrays = (net.blobs["doubled"].data for net in (ours, theirs))
        np.testing.assert_allclose(*arrays, rtol=1e-4, atol=1e-5)
        counts.add(len(theirs.blobs["doubled"].data[0, 0]))
    assert 2 in counts
    assert len(counts) > 3


@pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")
@pytest.mark.parametrize(
    ("text", "give"),
    [(REGIONS, give_regions), (OBJECTS, give_objects), (GRIDS, give_grids)],
)
def test_what_finds_them_stays_a_graph(gpu, text, give):
    net = make(text, TEST)
    for number in range(8):
        give(net, number)
        graphs = gpu.graph_launches
        net.forward()
        assert number < 3 or gpu.graph_launches > graphs
