"""Exported models give in ONNX Runtime what their nets give, on real weights and real shapes."""

from pathlib import Path

import numpy as np
import pytest

from cortado.nets import Net, load_weights
from cortado.nets.exporting import deployed, export_onnx
from cortado.nets.exporting.checking import compare
from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TEST

MODELS = Path(__file__).parents[2] / "models"
NAMES = sorted(path.parent.name for path in MODELS.glob("*/deploy.prototxt"))
DETECTORS = {"det1": ["conv4-2"], "det2": ["conv5-2"], "det3": ["conv6-2", "conv6-3"]}


@pytest.fixture(autouse=True)
def runtime():
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")


def exported(prototxt, weights, x, **options):
    """The comparison of each output for pictures x, which the net is made for."""
    param = read_net(prototxt)
    net = Net(deployed(param, {"": x.shape}), TEST)
    load_weights(net, weights)
    model = export_onnx(net, **options)
    return {found.output: found for found in compare(net, model, {net.inputs[0]: x})}


def test_lenet(real, workplace):
    deploy = workplace("lenet") / "models/lenet/deploy.prototxt"
    x = np.random.default_rng(1).random((8, 1, 28, 28), dtype="float32")
    found = exported(deploy, real("models/lenet_mnist/lenet_iter_10000.caffemodel"), x)
    assert found["prob"].agrees


@pytest.mark.parametrize("stage", ["4000.caffemodel", "5000.caffemodel.h5"])
def test_cifar10_quick(real, workplace, stage):
    weights = real(f"models/cifar10_quick/cifar10_quick_iter_{stage}")
    deploy = workplace("cifar10_quick") / "models/cifar10_quick/deploy.prototxt"
    found = exported(deploy, weights, np.load(weights.with_name("input.npy")))
    assert found["prob"].agrees


@pytest.mark.parametrize("dynamic_batch", [False, True])
def test_squeezenet(real, dynamic_batch):
    folder = real("models/squeezenet_v1.0")
    weights = folder / "squeezenet_v1.0_dc.caffemodel"
    x = np.load(folder / "input.npy")
    found = exported(folder / "deploy.prototxt", weights, x, dynamic_batch=dynamic_batch)
    assert found["pool_final"].agrees


@pytest.mark.parametrize("name", DETECTORS)
def test_mtcnn(real, name):
    folder = real("models/mtcnn")
    x = np.load(folder / f"{name}.input.npy")
    found = exported(folder / f"{name}.prototxt", folder / f"{name}.caffemodel", x)
    assert set(found) == {"prob1", *DETECTORS[name]}
    assert all(output.agrees for output in found.values())


@pytest.mark.parametrize("folds", [True, False], ids=["folded", "as it is"])
@pytest.mark.parametrize("name", NAMES)
def test_the_model_zoo_with_random_weights(name, folds):
    """Before Softmax, which would hide differences; He's filler keeps numbers in range."""
    param = read_net(MODELS / name / "deploy.prototxt")
    shape = param.layer[0].input_param.shape[0]
    shape.dim[0] = 1
    del param.layer[-1]
    net = Net(deployed(param, {}), TEST)
    rng = np.random.default_rng(1)
    for layer in net.layers:
        for i, weight in enumerate(layer.weights):
            if layer.type == "BatchNorm":
                spread = rng.random(weight.shape, dtype="float32")
                weight.data[...] = (spread * 0.2, 0.5 + spread, 1.0)[i]
            elif layer.type == "Scale":
                weight.data[...] = 0.5 + 0.5 * rng.random(weight.shape, dtype="float32") - i
            else:
                scale = (2 / (weight.count / weight.shape[0])) ** 0.5 if i == 0 else 0.1
                weight.data[...] = rng.standard_normal(weight.shape, dtype="float32") * scale
    x = rng.standard_normal(tuple(shape.dim), dtype="float32")
    model = export_onnx(net, folds=folds)
    for found in compare(net, model, {net.inputs[0]: x}):
        assert found.agrees, found
        assert 1e-6 < found.scale < 1e6
