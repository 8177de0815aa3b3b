import re

import numpy as np
import pytest

from cortado.layers import layer_types
from cortado.nets import Net
from cortado.nets.exporting import checking, deployed, export_onnx
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST


@pytest.fixture(autouse=True)
def runtime():
    pytest.importorskip("onnx")
    return pytest.importorskip("onnxruntime")


@pytest.fixture
def make_net():
    """make_net(layers, x=(2, 3, 4), ...) -> a Net of phase TEST with random weights."""

    def make(layers, seed=1, **shapes):
        # Layers of forks come one by one; their nodes may be there first.
        for kind in set(re.findall(r'type: "([A-Z]\w+)"', layers)) - set(layer_types()):
            pytest.skip(f"there is no layer {kind}")
        inputs = "".join(
            f'layer {{ name: "{name}" type: "Input" top: "{name}" '
            f"input_param {{ shape {{ {' '.join(f'dim: {n}' for n in shape)} }} }} }}"
            for name, shape in shapes.items()
        )
        net = Net(deployed(parse_net(f'name: "it" {inputs} {layers}'), {}), TEST, seed=seed)
        rng = np.random.default_rng(seed)
        for layer in net.layers:
            for i, weight in enumerate(layer.weights):
                weight.data[...] = rng.standard_normal(weight.shape) * 0.5
                if layer.type == "BatchNorm" and i or i == 3:  # variances, of BN as well
                    weight.data[...] = rng.random(weight.shape) + 0.5
        return net

    return make


@pytest.fixture
def check(make_net):
    """check(layers, x=(2, 3, 4), ...) -> the model, once it gives what the net gives.

    The layers stand as they are, or reach from bottom "x" to top "y" as one layer's type and
    fields; values replaces inputs by arrays; batches are other sizes to try, with dynamic_batch.
    """

    def compare_both(layers, values=(), seed=1, batches=(), preprocessing=None, **rest):
        options = {key: rest.pop(key) for key in ("folds", "dynamic_batch") if key in rest}
        if "bottom:" not in layers:
            layers = f'layer {{ name: "it" bottom: "x" top: "y" {layers} }}'
        elif not layers.lstrip().startswith("layer"):
            layers = f'layer {{ name: "it" {layers} }}'
        net = make_net(layers, seed, **rest)
        if batches:
            options["dynamic_batch"] = True
        model = export_onnx(net, preprocessing=preprocessing, **options)
        inputs = {**checking.random_inputs(net, seed), **dict(values)}
        inputs = {name: np.asarray(array, "float32") for name, array in inputs.items()}
        trials = [inputs]
        for batch in batches:
            trials.append({name: np.resize(x, (batch, *x.shape[1:])) for name, x in inputs.items()})
        for trial in trials:
            for found in checking.compare(net, model, trial, preprocessing):
                assert found.relative <= 1e-5, found
        return model

    return compare_both


@pytest.fixture
def operators():
    """operators(model) -> the names of its operators, in order."""
    return lambda model: [node.op_type for node in model.graph.node]
