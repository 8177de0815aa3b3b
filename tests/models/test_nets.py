"""The nets of the zoo, built and run."""

from math import prod
from pathlib import Path

import numpy as np
import pytest

from cortado.nets import Net
from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

MODELS = Path(__file__).parents[2] / "models"
NAMES = sorted(path.parent.name for path in MODELS.glob("*/deploy.prototxt"))


def deploy(model):
    return read_net(MODELS / model / "deploy.prototxt")


def without_data(net, shape):
    """The net with Input layers of one picture of a shape (C, H, W) in place of its data layers."""
    for layer in net.layer:
        if layer.type == "Data":
            for field in ("data_param", "transform_param"):
                layer.ClearField(field)
            layer.type = "Input"
            layer.input_param.shape.add(dim=[1, *shape])
            layer.input_param.shape.add(dim=[1])
    return net


def without_fillers(net):
    """The net with weights of zeros, which take no memory until they are written."""
    for layer in net.layer:
        for param in (layer.convolution_param, layer.inner_product_param):
            param.ClearField("weight_filler")
            param.ClearField("bias_filler")
    return net


def shapes(net):
    return {name: [blob.shape for blob in blobs] for name, blobs in net.params.items()}


@pytest.mark.parametrize("model", NAMES)
def test_deploy_has_the_shapes_of_the_walk(model, walk_deploy):
    walk, net = walk_deploy(model), Net(deploy(model), TEST, seed=1)
    assert shapes(net) == walk.weights
    found = {name: blob.shape[1:] for name, blob in net.blobs.items() if name in walk.blobs}
    assert found == {name: shape for name, shape in walk.blobs.items() if name in net.blobs}


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
def test_training_has_the_shapes_of_the_walk(model, phase, walk_deploy, walk_training):
    picture = walk_deploy(model).blobs["data"]
    (path,) = (MODELS / model).glob("train_*.prototxt")
    net = Net(without_fillers(without_data(read_net(path), picture)), phase, seed=1)
    assert shapes(net) == walk_training(model, phase).weights


def softmax_of_a_random_picture(model):
    """The output of the deploy net with batch 1 and random weights that keep numbers in bounds."""
    param = deploy(model)
    for layer in param.layer:
        for field in ("convolution_param", "inner_product_param"):
            if layer.HasField(field):
                getattr(layer, field).weight_filler.type = "xavier"
        if layer.type == "Input":
            layer.input_param.shape[0].dim[0] = 1
    net = Net(param, TEST, seed=1)
    for layer in net.layers:
        if layer.type == "BatchNorm":
            layer.weights[1].data[...] = layer.weights[2].data[...] = 1
    data = net.blobs["data"].data
    data[...] = np.random.default_rng(1).standard_normal(data.shape)
    net.forward()
    assert all(np.isfinite(blob.data).all() for blob in net.blobs.values())
    return net.blobs["prob"].data


def check(model, classes):
    prob = softmax_of_a_random_picture(model)
    assert prod(prob.shape) == classes
    assert prob.sum() == pytest.approx(1, abs=1e-5)
    assert 0 < prob.min() < prob.max() < 1


@pytest.mark.parametrize(
    ("model", "classes"),
    [("digits", 10), ("lenet", 10), ("cifar10_quick", 10), ("squeezenet_v1.1", 1000)],
)
def test_one_picture_gives_probabilities(model, classes):
    check(model, classes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    ["squeezenet_v1.0", "googlenet", "mobilenet", "resnet50", "caffenet", "alexnet", "vgg16"],
)
def test_one_picture_gives_probabilities_in_the_large_nets(model):
    check(model, 1000)
