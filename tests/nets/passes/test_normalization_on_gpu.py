import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

from cortado.core.device import opening
from cortado.nets import Net
from cortado.nets.gpu_runner import GpuRunner
from cortado.nets.passes.batch_normalization import Normalization
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

FIRST = """
    layer { name: "x" type: "Input" top: "x" input_param {
            shape { dim: 3 dim: 2 dim: 5 dim: 6 } } }
    layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param {
            num_output: 4 kernel_size: 3 weight_filler { type: "gaussian" std: 1 } } }
"""
LAST = """
    layer { name: "ip" type: "InnerProduct" bottom: "%s" top: "ip" inner_product_param {
            num_output: 2 weight_filler { type: "gaussian" std: 1 } } }
    layer { name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1
            reduction_param { operation: SUMSQ axis: 1 } }
"""
SCALE = """
    layer { name: "scale" type: "Scale" bottom: "%s" top: "%s" scale_param {
            filler { type: "gaussian" std: 1 } bias_term: true
            bias_filler { type: "gaussian" std: 1 } } }
"""
BODIES = {
    "in place": """
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
        %s
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
    """
    % (SCALE % ("conv", "conv")),
    "apart": """
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
        %s
        layer { name: "relu" type: "ReLU" bottom: "scale" top: "last" }
    """
    % (SCALE % ("bn", "scale")),
    "scale without bias": """
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
        layer { name: "scale" type: "Scale" bottom: "bn" top: "last" }
    """,
    "no scale": """
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv"
                batch_norm_param { moving_average_fraction: 0.5 eps: 0.01 } }
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "last" }
    """,
    "BN": """
        layer { name: "bn" type: "BN" bottom: "conv" top: "conv" bn_param {
                slope_filler { type: "gaussian" std: 1 } } }
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
    """,
    "frozen BN": """
        layer { name: "bn" type: "BN" bottom: "conv" top: "last" bn_param { frozen: true } }
    """,
}


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield


def make(body, device="gpu", phase=TRAIN, keep=()):
    text = FIRST + body + LAST % ("last" if '"last"' in body else "conv")
    param = parse_net(text)
    param.force_backward = True
    net = Net(param, phase, seed=3, device=device, keep=keep)
    rng = np.random.default_rng(4)
    net.blobs["x"].data[...] = rng.standard_normal(net.blobs["x"].shape)
    for layer in net.layers:
        if layer.type == "BatchNorm":  # as if it had seen batches
            layer.weights[0].data[...] = rng.standard_normal(layer.weights[0].shape)
            layer.weights[1].data[...] = rng.uniform(0.5, 2, layer.weights[1].shape)
            layer.weights[2].data[...] = 1
    return net


def normalizations(net):
    runners = [step.runner for step in net.plan.steps]
    assert all(isinstance(runner, GpuRunner) for runner in runners)
    return [r for r in runners if isinstance(r.runner, Normalization) and r.is_on_gpu]


def results(net):
    found = {}
    for adds in (False, True):
        found[f"loss, adds {adds}"] = np.array(net.forward())
        net.backward(adds=adds)
        for name, weights in net.params.items():
            for i, weight in enumerate(weights):
                found[f"weight {i} of {name}, adds {adds}"] = weight.data.copy()
                found[f"gradient {i} of {name}, adds {adds}"] = weight.diff.copy()
    found["dx"] = net.blobs["x"].diff.copy()
    return found


@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
@pytest.mark.parametrize("body", BODIES)
def test_what_is_fused_gives_what_the_layers_give(body, phase):
    ours = make(BODIES[body], phase=phase)
    assert len(normalizations(ours)) == 1
    expected = results(make(BODIES[body], "cpu", phase, keep=None))
    found = results(ours)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=2e-3, err_msg=name)


def test_nothing_is_fused_where_parts_may_run():
    net, host = (make(BODIES["in place"], device, keep=None) for device in ("gpu", "cpu"))
    assert not normalizations(net)
    expected, found = results(host), results(net)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=2e-3, err_msg=name)
