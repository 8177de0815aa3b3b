from pathlib import Path

import cv2
import numpy as np
import pytest

from cortado import dnn
from cortado.nets import Net, load_weights, save_weights
from cortado.proto import ConfigError, parse_net

NET = """
name: "little"
layer { name: "data" type: "Input" top: "data" input_param { shape {
        dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { pool: AVE global_pooling: true } }
layer { name: "score" type: "InnerProduct" bottom: "pool" top: "score"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }
layer { name: "box" type: "InnerProduct" bottom: "pool" top: "box"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""


@pytest.fixture
def files(tmp_path):
    """deploy.prototxt and w.caffemodel."""
    (tmp_path / "deploy.prototxt").write_text(NET)
    save_weights(Net(parse_net(NET), 1, seed=3), tmp_path / "w.caffemodel")
    return str(tmp_path / "deploy.prototxt"), str(tmp_path / "w.caffemodel")


@pytest.fixture
def net(files):
    return dnn.readNetFromCaffe(*files)


@pytest.fixture
def x(rng):
    return rng.standard_normal((2, 3, 8, 8)).astype("float32")


@pytest.fixture
def caffe_blobs(files):
    """caffe_blobs(x) -> every blob of the net by name."""

    def run(x):
        net = Net(parse_net(NET), 1)
        load_weights(net, files[1])
        net.blobs["data"].reshape(x.shape)
        net.blobs["data"].data[...] = x
        net.forward()
        return {name: blob.data for name, blob in net.blobs.items()}

    return run


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_forward_gives_the_last_layer_or_those_named(net, x, caffe_blobs):
    expected = caffe_blobs(x)
    net.setInput(x)
    close(net.forward(), expected["box"])
    close(net.forward("prob"), expected["prob"])
    both = net.forward(["prob", "box"])
    assert isinstance(both, tuple)
    close(both[0], expected["prob"])
    close(both[1], expected["box"])


def test_a_layer_is_seen_before_the_next_one_works_in_place(net, x, caffe_blobs):
    net.setInput(x, "data")
    before, after = net.forward(["conv", "relu"])
    assert before.min() < 0
    close(after, np.maximum(before, 0))
    close(after, caffe_blobs(x)["conv"])


def test_inputs_are_scaled_after_the_mean_is_taken_away(net, x, caffe_blobs):
    net.setInput(x, "", 0.5, (1, 2, 3, 0))
    close(net.forward(), caffe_blobs((x - np.float32([1, 2, 3]).reshape(3, 1, 1)) / 2)["box"])
    net.setInput(x, mean=2.0)
    close(net.forward(), caffe_blobs(x - 2)["box"])


def test_the_shape_follows_the_input(net, x, caffe_blobs):
    for shape in ((1, 3, 8, 8), (3, 3, 6, 9)):
        blob = np.resize(x, shape)
        net.setInput(blob)
        close(net.forward(), caffe_blobs(blob)["box"])


def test_results_and_inputs_belong_to_the_caller(net, x):
    net.setInput(x)
    first = net.forward()
    kept = first.copy()
    x[...] = 0
    close(net.forward(), kept)
    net.setInput(x)
    net.forward()
    close(first, kept)


def test_layers_have_names_and_numbers(net):
    names = net.getLayerNames()
    assert names == ("conv", "relu", "pool", "score", "prob", "box")
    assert net.getLayerId("conv") == 1
    assert net.getLayerId("nothing") == -1
    assert net.getUnconnectedOutLayersNames() == ("prob", "box")
    ends = net.getUnconnectedOutLayers()
    assert [names[i - 1] for i in ends] == ["prob", "box"]
    assert not net.empty()


def test_layers_have_types_and_weights(net):
    layer = net.getLayer(4)
    assert (layer.name, layer.type) == ("score", "InnerProduct")
    assert [blob.shape for blob in layer.blobs] == [(5, 4), (5,)]
    np.testing.assert_array_equal(net.getParam("score", 1), layer.blobs[1])


def test_what_only_opencv_can_do_is_accepted(net, x):
    net.setPreferableBackend(dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(dnn.DNN_TARGET_CPU)
    net.enableFusion(False)
    net.setInput(x)
    net.forward()
    ticks, _ = net.getPerfProfile()
    assert ticks > 0


def test_files_may_come_as_bytes(files, x, net):
    texts = [Path(path).read_bytes() for path in files]
    again = dnn.readNetFromCaffe(np.frombuffer(texts[0], "uint8"), texts[1])
    for each in (net, again):
        each.setInput(x)
    close(again.forward(), net.forward())


@pytest.mark.parametrize("order", [1, -1])
def test_read_net_takes_either_order(files, x, net, order):
    again = dnn.readNet(*files[::order])
    for each in (net, again):
        each.setInput(x)
    close(again.forward(), net.forward())


def test_a_net_needs_no_weights(files, x):
    net = dnn.readNetFromCaffe(files[0])
    net.setInput(x)
    assert net.forward().shape == (2, 4)


def test_layers_that_need_labels_are_left_out(x):
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" }'
    net = dnn.readNetFromCaffe((NET + loss).encode())
    assert net.getLayerNames()[-1] == "box"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: net.forward("nothing"), "the net has no layer 'nothing'"),
        (lambda net: net.setInput(np.ones(3), "x"), "has no input 'x'; its inputs are data"),
        (lambda net: net.getLayer(9), "the net has no layer 9"),
        (lambda net: net.getParam("relu"), "layer 'relu' has 0 weights"),
    ],
)
def test_mistakes_are_explained(net, call, message):
    with pytest.raises(ConfigError, match=message):
        call(net)


def test_the_rest_is_opencvs_own():
    assert dnn.blobFromImage is cv2.dnn.blobFromImage
    assert dnn.NMSBoxes is cv2.dnn.NMSBoxes
    with pytest.raises(AttributeError, match="neither cortado.dnn nor cv2.dnn has 'nothing'"):
        _ = dnn.nothing
