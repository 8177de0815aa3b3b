"""BN and CuDNNBatchNorm go through the passes of BatchNorm without harm."""

import numpy as np
import pytest

from cortado.kernels import onednn
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

pytestmark = pytest.mark.skipif(bool(onednn.why_missing()), reason="needs oneDNN")

NORMS = {
    "PSPNet": 'type: "BN" bn_param { momentum: 0.7 eps: 0.01 }',
    "frozen": 'type: "BN" bn_param { frozen: true }',
    "SegNet": 'type: "BN" bn_param { scale_filler { value: 1 } }',
    "inference": 'type: "BN" bn_param { bn_mode: INFERENCE }',
    "CTPN": 'type: "BN" bn_param { moving_average: true }',
    "axis 2": 'type: "BN" bn_param { axis: 2 }',
    "cuDNN": 'type: "CuDNNBatchNorm"',
    "NVCaffe": 'type: "BatchNorm" batch_norm_param { scale_bias: true }',
}
NET = """
force_backward: true
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 2 dim: 3 dim: 6 dim: 6 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "norm1" NORM bottom: "conv1" top: "PLACE" }
layer { name: "relu1" type: "ReLU" bottom: "PLACE" top: "PLACE" }
layer { name: "conv2" type: "Convolution" bottom: "PLACE" top: "conv2"
        convolution_param { num_output: 4 kernel_size: 1 bias_term: false
                            weight_filler { type: "xavier" } } }
layer { name: "norm2" NORM bottom: "conv2" top: "out" }
"""


def results(text, phase, keep):
    net = Net(parse_net(text), phase, seed=1, keep=keep)
    rng = np.random.default_rng(2)
    for name, weights in net.params.items():
        for weight in weights if name.startswith("norm") else ():
            weight.data[...] = rng.uniform(0.5, 2, weight.shape)
    found = {}
    for round_number in range(2):
        net.blobs["data"].data[...] = rng.standard_normal((2, 3, 6, 6))
        net.forward()
        found[f"out {round_number}"] = net.blobs["out"].data.copy()
        if phase == TRAIN:
            net.blobs["out"].diff[...] = rng.standard_normal(net.blobs["out"].shape)
            net.backward(adds=round_number == 1)
    for name, weights in net.params.items() if phase == TRAIN else ():
        for i, weight in enumerate(weights):
            found[f"weight {i} of {name}"] = weight.data.copy()
            found[f"gradient {i} of {name}"] = weight.diff.copy()
    net.close()
    return found


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("place", ["conv1", "norm1"], ids=["in place", "apart"])
@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
def test_passes_change_no_result(monkeypatch, norm, place, phase):
    text = NET.replace("NORM", NORMS[norm]).replace("PLACE", place)
    monkeypatch.setenv("CORTADO_PASSES", "none")
    expected = results(text, phase, None)
    for passes, keep in (
        ("batch_normalization", None),
        ("folding", ()),
        ("", None),
        ("", ("out",)),
    ):
        monkeypatch.setenv("CORTADO_PASSES", passes)
        found = results(text, phase, ("out",) if keep == () else keep)
        for name, value in expected.items():
            limit = 1e-3 * max(np.abs(value).max(), 1e-2)
            assert np.abs(found[name] - value).max() <= limit, (name, passes)


def runners(norm, phase, place="conv1"):
    text = NET.replace("NORM", NORMS[norm]).replace("PLACE", place)
    if phase == TEST:
        text = text.replace("force_backward: true", "")
    net = Net(parse_net(text), phase, seed=1, keep=("out",))
    net.forward()
    names = [type(step.runner).__name__ for step in net.plan.steps]
    net.close()
    return names


@pytest.mark.parametrize("norm", ["PSPNet", "inference", "CTPN", "cuDNN", "NVCaffe"])
def test_norms_that_measure_nothing_are_folded_into_filters(norm):
    assert not {"BN", "CuDNNBatchNorm", "BatchNorm"} & set(runners(norm, TEST))
    assert "Folded" in " ".join(runners(norm, TEST)) or "WithReLU" in runners(norm, TEST)


@pytest.mark.parametrize("norm", ["PSPNet", "SegNet", "CTPN", "cuDNN", "NVCaffe"])
def test_norms_that_measure_run_as_one_kernel_with_the_relu(norm):
    assert runners(norm, TRAIN).count("Normalization") == 2
    assert "ReLU" not in runners(norm, TRAIN)
