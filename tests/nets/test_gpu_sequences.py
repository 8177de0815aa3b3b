"""A net on a GPU that learns to read sequences."""

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TRAIN

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

READER = """
layer { name: "input" type: "Input" top: "x" top: "cont" top: "labels" input_param {
        shape { dim: 6 dim: 3 dim: 4 } shape { dim: 6 dim: 3 } shape { dim: 3 dim: 3 } } }
layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "lstm" recurrent_param {
        num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "ip" type: "InnerProduct" bottom: "lstm" top: "ip" inner_product_param {
        num_output: 4 axis: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "CTCLoss" bottom: "ip" bottom: "cont" bottom: "labels" top: "loss" }
layer { name: "path" type: "CTCGreedyDecoder" bottom: "ip" bottom: "cont" bottom: "labels"
        top: "path" top: "accuracy" }
"""


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def make(device, **options):
    return Net(parse_net(READER), TRAIN, device=device, seed=3, **options)


def give(net, number):
    """Now more labels, now fewer, and sometimes too many for the time."""
    rng = np.random.default_rng(number)
    net.blobs["x"].data[...] = rng.standard_normal((6, 3, 4)) * 3
    net.blobs["labels"].data[...] = rng.choice([0, 1, 2, -1], (3, 3))
    cont = net.blobs["cont"].data
    cont[...] = 1
    cont[0] = 0
    cont[rng.integers(1, 6, 2), [0, 1]] = 0


def test_it_learns_as_on_the_host(gpu):
    host, device = make("cpu"), make("gpu")
    assert all(step.runner.is_on_gpu for step in device.plan.steps if step.bottoms)
    for number in range(6):
        for net in (host, device):
            give(net, number)
        before = None if ON_DEVICE else (gpu.graph_launches, gpu.downloads)
        device.plan.step_on_gpu([], lambda batch: [], [])
        if before and number > 3:
            assert (gpu.graph_launches, gpu.downloads) == (before[0] + 1, before[1])
        host.forward()
        host.backward(adds=False)
        for name in ("loss", "path", "accuracy"):
            arrays = (net.blobs[name].data for net in (device, host))
            np.testing.assert_allclose(*arrays, rtol=1e-4, atol=1e-5, err_msg=name)
        for name, weights in host.params.items():
            for ours, theirs in zip(device.params[name], weights, strict=True):
                np.testing.assert_allclose(ours.diff, theirs.diff, 1e-3, 1e-5, err_msg=name)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_it_learns_in_16_bits(precision):
    exact, rounded = make("gpu"), make("gpu", precision=precision)
    for net in (exact, rounded):
        give(net, 1)
    assert rounded.forward() == pytest.approx(exact.forward(), rel=2e-2)


def test_a_label_that_is_no_class_is_named():
    net = make("gpu")
    give(net, 1)
    net.blobs["labels"].data[:, 1] = [1, 4, 2]
    with pytest.raises(ConfigError, match=r"\(CTCLoss\): label 4 of sequence 1 in bottom\[2\]"):
        net.forward()
