"""No pass changes a result: every model, and every net that real Caffe ran, with and without."""

from pathlib import Path

import numpy as np
import pytest

from cortado.kernels import onednn
from cortado.nets import Net
from cortado.nets.passes import PASSES
from cortado.proto import parse_net, read_net
from cortado.proto.caffe_pb2 import TEST, TRAIN, LayerParameter

MODELS = Path(__file__).parents[3] / "models"
SHAPES = {"lenet": (1, 28, 28), "cifar10_quick": (3, 32, 32), "alexnet": (3, 227, 227)}
TRAINED = ["lenet", "cifar10_quick", "squeezenet_v1.1", "mobilenet", "googlenet", "resnet50"]
NORMALIZED = ["mobilenet", "resnet50"]

pytestmark = pytest.mark.skipif(bool(onednn.why_missing()), reason="needs oneDNN")


def with_input(param, shape):
    """The net with an Input layer in the place of its data, and without Dropout's noise."""
    kept = [layer for layer in param.layer if layer.type not in ("Data", "Accuracy")]
    source = LayerParameter(name="data", type="Input", top=["data", "label"])
    batch = 1 if shape[-1] > 100 else 2
    for dims in ((batch, *shape), (batch,)):
        source.input_param.shape.add().dim.extend(dims)
    for layer in kept:
        if layer.type == "Dropout":
            layer.dropout_param.dropout_ratio = 0
    del param.layer[:]
    param.layer.append(source)
    param.layer.extend(kept)
    return param


def results(param, phase, keep=None, inputs=None):
    """Outputs and, in training, the gradients of all weights; random inputs unless given."""
    net = Net(param, phase, seed=1, keep=keep)
    rng = np.random.default_rng(2)
    for name in net.inputs:
        blob = net.blobs[name]
        blob.data[...] = rng.standard_normal(blob.shape) if len(blob.shape) > 1 else 1
        if inputs:
            blob.data[...] = inputs[f"in:{name}"]
    for layer in net.layers:
        if layer.type == "BatchNorm":  # as if it had seen batches
            layer.weights[0].data[...] = rng.standard_normal(layer.weights[0].shape) / 10
            layer.weights[1].data[...] = rng.uniform(0.5, 2, layer.weights[1].shape)
            layer.weights[2].data[...] = 1
    net.forward()
    found = {name: net.blobs[name].data.copy() for name in net.outputs}
    if phase == TRAIN:
        net.backward(adds=False)
        for name, weights in net.params.items():
            for i, weight in enumerate(weights):
                found[f"weight {i} of {name}"] = weight.data.copy()
                found[f"gradient {i} of {name}"] = weight.diff.copy()
    net.close()
    return found


def assert_alike(found, expected, tolerance):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        error = np.abs(found[name] - value).max(initial=0)
        assert error <= tolerance * max(np.abs(value).max(initial=0), 1e-3), name


def assert_close_as_a_whole(found, expected, tolerance):
    """Float32 sums in another order change single gradients, where much cancels, by more."""
    assert found.keys() == expected.keys()
    for kind in ("weight", "gradient", "loss"):
        names = [name for name in expected if name.startswith(kind)]
        difference = np.sqrt(sum(np.sum((found[n] - expected[n]) ** 2) for n in names))
        size = np.sqrt(sum(np.sum(expected[n] ** 2) for n in names))
        assert difference <= tolerance * size, kind


@pytest.fixture(scope="module", params=TRAINED)
def training_case(request):
    path = MODELS / request.param
    (file,) = [f for f in path.glob("train_*.prototxt")]
    shape = SHAPES.get(request.param, (3, 224, 224))

    def param():
        return with_input(read_net(file), shape)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTADO_PASSES", "none")
        # Behind BatchNorm, rounding turns ReLUs on and off; libraries differ by as much.
        return param, results(param(), TRAIN), 0.1 if request.param in NORMALIZED else 1e-3


@pytest.mark.parametrize(
    ("passes", "keep"),
    [("relu", None), ("batch_normalization", None), ("layouts", None), ("", None), ("", ())],
    ids=["relu", "batch normalization", "layouts", "all", "all, nothing kept"],
)
def test_training_of_the_models(training_case, passes, keep, monkeypatch):
    param, expected, tolerance = training_case
    monkeypatch.setenv("CORTADO_PASSES", passes)
    assert_close_as_a_whole(results(param(), TRAIN, keep), expected, tolerance)


@pytest.fixture(scope="module", params=[*TRAINED, "alexnet"])
def testing_case(request):
    file = MODELS / request.param / "deploy.prototxt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTADO_PASSES", "none")
        return file, results(read_net(file), TEST)


@pytest.mark.parametrize(
    ("passes", "keep"), [*((name, ()) for name in PASSES), ("", None), ("", ())]
)
def test_inference_of_the_models(testing_case, passes, keep, monkeypatch):
    file, expected = testing_case
    monkeypatch.setenv("CORTADO_PASSES", passes)
    assert_alike(results(read_net(file), TEST, keep), expected, 1e-3)


def test_memory_is_shared_without_harm_in_nets_that_caffe_ran(net_golden, read_archive):
    record = read_archive(net_golden)
    phase = {"TRAIN": TRAIN, "TEST": TEST}[str(record["phase"])]
    text = str(record["prototxt"])
    shared = results(parse_net(text), phase, (), record)
    assert_alike(shared, results(parse_net(text), phase, None, record), 1e-4)


@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
def test_a_scale_without_bias_after_batch_norm(phase, monkeypatch):
    text = """
        layer { name: "x" type: "Input" top: "x" input_param {
                shape { dim: 4 dim: 3 dim: 5 dim: 6 } } }
        layer { name: "relu" type: "ReLU" bottom: "x" top: "relu" }
        layer { name: "bn" type: "BatchNorm" bottom: "relu" top: "bn" }
        layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" }
        layer { name: "sum" type: "Reduction" bottom: "scale" top: "sum" loss_weight: 1
                reduction_param { operation: SUMSQ axis: 1 } }
    """
    found = results(parse_net(text), phase, ())
    monkeypatch.setenv("CORTADO_PASSES", "none")
    assert_alike(found, results(parse_net(text), phase), 1e-3)
