"""What AnnotatedData gives a net on a GPU, where the number of objects does not change shapes."""

from contextlib import ExitStack, closing

import cv2
import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.data.db_writer import DatabaseWriter
from cortado.kernels.gpu import Batches
from cortado.nets import Net
from cortado.proto import caffe_pb2
from cortado.proto.caffe_pb2 import TRAIN, AnnotatedDatum, Datum
from cortado.proto.text import parse_text

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

NET = """
layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label"
        data_param {{ source: "{source}" batch_size: {size} backend: LMDB }}
        transform_param {{ mirror: true scale: 0.1 }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param {{ num_output: 5 weight_filler {{ type: "xavier" }} }} }}
"""

DETECTOR = (
    NET[: NET.index('layer {{ name: "ip"')]
    + """
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {{
        num_output: 4 kernel_size: 3 stride: 2 pad: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loc" type: "Convolution" bottom: "conv" top: "loc" convolution_param {{
        num_output: 8 kernel_size: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loc_perm" type: "Permute" bottom: "loc" top: "loc_perm"
        permute_param {{ order: 0 order: 2 order: 3 order: 1 }} }}
layer {{ name: "locations" type: "Flatten" bottom: "loc_perm" top: "locations" }}
layer {{ name: "conf" type: "Convolution" bottom: "conv" top: "conf" convolution_param {{
        num_output: 14 kernel_size: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "conf_perm" type: "Permute" bottom: "conf" top: "conf_perm"
        permute_param {{ order: 0 order: 2 order: 3 order: 1 }} }}
layer {{ name: "scores" type: "Flatten" bottom: "conf_perm" top: "scores" }}
layer {{ name: "priors" type: "PriorBox" bottom: "conv" bottom: "data" top: "priors"
        prior_box_param {{ min_size: 3 max_size: 5 clip: true variance: 0.1 }} }}
layer {{ name: "loss" type: "MultiBoxLoss" bottom: "locations" bottom: "scores" bottom: "priors"
        bottom: "label" top: "loss" loss_param {{ normalization: VALID }}
        propagate_down: true propagate_down: true propagate_down: false propagate_down: false
        multibox_loss_param {{ num_classes: 7 mining_type: MAX_NEGATIVE code_type: CENTER_SIZE
                               match_type: PER_PREDICTION overlap_threshold: 0.3 }} }}
"""
)


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


@pytest.fixture
def make_net(tmp_path, rng):
    """make_net([2, 0, 5], device) -> a Net over images with so many objects; closed in the end."""
    with ExitStack() as opened:

        def make(counts, device="gpu", size=2, is_annotated=True, text=NET, **options):
            source = tmp_path / f"{device}_db"
            with DatabaseWriter(source) as database:
                for i, count in enumerate(counts):
                    database.put(f"{i:08}".encode(), record(i, count, is_annotated))
            param = caffe_pb2.NetParameter()
            parse_text(text.format(source=source, size=size), param)
            return opened.enter_context(
                closing(Net(param, TRAIN, device=device, seed=5, **options))
            )

        yield make


def record(number, count, is_annotated):
    """An image with so many objects of the class that its number says."""
    rng = np.random.default_rng(number)
    image = rng.integers(0, 256, (6, 8, 3), np.uint8)
    data = cv2.imencode(".png", image)[1].tobytes()
    message = AnnotatedDatum(datum=Datum(encoded=True, data=data, label=number))
    if is_annotated:
        message.type = AnnotatedDatum.BBOX
    for _ in range(count):
        box = message.annotation_group.add(group_label=number + 1).annotation.add().bbox
        box.xmin, box.ymin = rng.uniform(0, 0.5, 2)
        box.xmax, box.ymax = rng.uniform(0.5, 1, 2)
    return message.SerializeToString()


def check_same(make_net, counts, passes, **options):
    """Images equal the host's, and so do objects, but for rows of -1 that follow; their shapes."""
    host, device = (make_net(counts, name, **options) for name in ("cpu", "gpu"))
    assert isinstance(device.plan.steps[0].runner.kernel, Batches)
    shapes = []
    for _ in range(passes):
        host.forward()
        device.forward()
        np.testing.assert_array_equal(device.blobs["data"].data, host.blobs["data"].data)
        expected, found = (net.blobs["label"].data for net in (host, device))
        count = expected.shape[2]
        np.testing.assert_array_equal(found[:, :, :count], expected)
        assert (found[:, :, count:] == -1).all()
        shapes.append(found.shape)
    return shapes


def test_the_number_of_objects_does_not_change_shapes(make_net):
    assert set(check_same(make_net, [3, 0, 0, 5, 1, 0, 0], 9)) == {(1, 1, 64, 8)}


def test_room_grows_where_it_has_to_and_stays(make_net):
    shapes = check_same(make_net, [3, 1, 60, 10, 2, 2, 100, 61], 6)
    assert [shape[2] for shape in shapes] == [64, 128, 128, 256, 256, 256]


def test_nobody_may_want_the_objects(make_net):
    net = make_net([3, 1], text=NET.replace('top: "label"', "", 1))
    assert isinstance(net.plan.steps[0].runner.kernel, Batches)
    assert not net.layers[0].shapes_vary
    net.forward()


def test_records_may_have_a_label_each_instead(make_net):
    net = make_net([0, 0, 0], is_annotated=False)
    assert not net.layers[0].shapes_vary
    net.forward()
    assert net.blobs["label"].data.tolist() == [0, 1]


def test_a_batch_of_one_comes_from_the_host(make_net):
    net = make_net([3, 1], size=1)
    assert not net.plan.steps[0].runner.is_on_gpu
    net.forward()
    assert net.blobs["label"].shape == (1, 1, 3, 8)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_objects_are_not_rounded(make_net, precision):
    net, host = make_net([3, 1], precision=precision), make_net([3, 1], "cpu")
    for each in (net, host):
        each.forward()
    np.testing.assert_array_equal(
        net.blobs["label"].data[:, :, :4], host.blobs["label"].data[:, :, :4]
    )


@pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")
def test_what_follows_becomes_a_graph(make_net, gpu):
    net = make_net([3, 1, 0, 7, 2])
    for _ in range(3):
        net.forward()
    before = gpu.graph_launches
    net.forward()
    assert gpu.graph_launches > before


def test_objects_may_be_looked_at_and_changed_between_passes(make_net):
    net = make_net([3, 1, 0, 7, 2])
    for _ in range(4):
        net.forward()
        net.blobs["label"].data[...] = 5
    net.forward()
    assert not (net.blobs["label"].data == 5).all()


def test_a_detector_learns_as_on_the_host(make_net, gpu):
    counts = [3, 1, 0, 7, 2]
    host, device = (make_net(counts, name, text=DETECTOR) for name in ("cpu", "gpu"))
    assert all(step.runner.is_on_gpu for step in device.plan.steps)
    for number in range(6):
        before = None if ON_DEVICE else (gpu.graph_launches, gpu.downloads)
        device.plan.step_on_gpu([], lambda batch: [], [])
        if before and number > 3:
            assert (gpu.graph_launches, gpu.downloads) == (before[0] + 1, before[1])
        loss = host.forward()
        host.backward(adds=False)
        assert float(device.blobs["loss"].data) == pytest.approx(loss, rel=1e-4)
        for name, weights in host.params.items():
            for ours, theirs in zip(device.params[name], weights, strict=True):
                np.testing.assert_allclose(ours.diff, theirs.diff, 1e-3, 1e-5, err_msg=name)
