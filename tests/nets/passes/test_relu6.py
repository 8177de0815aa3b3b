"""A ReLU6 joins what is before it, as a ReLU does."""

import numpy as np
import pytest

from cortado.kernels import onednn
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

pytestmark = pytest.mark.skipif(bool(onednn.why_missing()), reason="needs oneDNN")

FILLER = 'weight_filler { type: "gaussian" std: 2 }'
NET = f"""
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: [2, 4, 6, 6] }} }} }}
layer {{ name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
         convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 {FILLER} }} }}
layer {{ name: "one" type: "ReLU6" bottom: "conv1" top: "conv1" }}
layer {{ name: "dw" type: "DepthwiseConvolution" bottom: "conv1" top: "dw"
         convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 {FILLER} }} }}
layer {{ name: "norm" type: "BatchNorm" bottom: "dw" top: "dw" }}
layer {{ name: "two" type: "ReLU6" bottom: "dw" top: "dw" }}
layer {{ name: "sum" type: "Eltwise" bottom: "data" bottom: "dw" top: "sum" }}
layer {{ name: "three" type: "ReLU6" bottom: "sum" top: "sum" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "sum" top: "ip"
         inner_product_param {{ num_output: 8 {FILLER} }} }}
layer {{ name: "four" type: "ReLU6" bottom: "ip" top: "out" relu6_param {{ SLOPE }} }}
"""


def run(text, phase, keep):
    net = Net(parse_net(text), phase, seed=1, keep=keep)
    rng = np.random.default_rng(2)
    for weight, value in zip(net.params["norm"], (0.1, 4, 1), strict=True):
        weight.data[...] = value
    net.blobs["data"].data[...] = rng.standard_normal((2, 4, 6, 6))
    net.forward()
    found = {"out": net.blobs["out"].data.copy()}
    if phase == TRAIN:
        net.blobs["out"].diff[...] = rng.standard_normal(net.blobs["out"].shape)
        net.backward(adds=False)
        for name, weights in net.params.items():
            found |= {f"{name} {i}": weight.diff.copy() for i, weight in enumerate(weights)}
    runners = [type(step.runner).__name__ for step in net.plan.steps]
    net.close()
    return found, runners


@pytest.mark.parametrize("slope", ["", "negative_slope: 0.1"])
@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
def test_passes_change_no_result(monkeypatch, slope, phase):
    text = NET.replace("SLOPE", slope)
    monkeypatch.setenv("CORTADO_PASSES", "none")
    expected, _ = run(text, phase, None)
    assert (expected["out"] == 6).any()
    assert ((expected["out"] > 0) & (expected["out"] < 6)).any()
    for passes, keep in (("relu", None), ("", None), ("", ("out",))):
        monkeypatch.setenv("CORTADO_PASSES", passes)
        found, _ = run(text, phase, keep)
        for name, value in expected.items():
            limit = 1e-3 * max(np.abs(value).max(), 1e-2)
            assert np.abs(found[name] - value).max() <= limit, (name, passes)


def test_no_step_is_left_for_it(monkeypatch):
    monkeypatch.setenv("CORTADO_PASSES", "")
    _, runners = run(NET.replace("SLOPE", ""), TEST, ("out",))
    assert "ReLU6" not in runners
    _, runners = run(NET.replace("SLOPE", "negative_slope: 0.1"), TEST, ("out",))
    assert runners.count("ReLU6") == 1
