"""Nets on a GPU with layers that remember something from pass to pass."""

import json
from itertools import pairwise

import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

PASSES = 4  # eager, eager, captured, replayed

FACES = """
layer { name: "input" type: "Input" top: "x" top: "labels" input_param {
        shape { dim: 6 dim: 7 } shape { dim: 6 } } }
layer { name: "features" type: "InnerProduct" bottom: "x" top: "features" inner_product_param {
        num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "centers" type: "CenterLoss" bottom: "features" bottom: "labels" top: "spread"
        loss_weight: 0.1 center_loss_param { num_output: 4 center_filler { type: "xavier" } } }
layer { name: "angles" type: "MarginInnerProduct" bottom: "features" bottom: "labels" top: "angles"
        top: "lambda" margin_inner_product_param { num_output: 4 type: QUADRUPLE base: 100 gamma: 1
        weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "angles" bottom: "labels" top: "loss" }
"""

PIXELS = """
layer { name: "input" type: "Input" top: "x" top: "labels" input_param {
        shape { dim: 2 dim: 3 dim: 5 dim: 6 } shape { dim: 2 dim: 1 dim: 5 dim: 6 } } }
layer { name: "scores" type: "Convolution" bottom: "x" top: "scores" convolution_param {
        num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "SegAccuracy" bottom: "scores" bottom: "labels" top: "accuracy"
        seg_accuracy_param { reset: false } }
"""

NOISY = """
layer { name: "input" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
layer { name: "noise" type: "Noise" bottom: "x" top: "y" noise_param { gaussian_std: 1 } }
"""


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def make(text, device="gpu", phase=TRAIN, **options):
    return Net(parse_net(text), phase, device=device, seed=3, **options)


def run(net, number, backward=True):
    """A pass over other data; what it made of them."""
    rng = np.random.default_rng(number)
    for name in net.inputs or ("x", "labels"):
        is_labels = name == "labels"
        shape = net.blobs[name].shape
        numbers = rng.integers(0, 4, shape) if is_labels else rng.standard_normal(shape)
        net.blobs[name].data[...] = numbers
    net.forward()
    if backward:
        net.backward(adds=False)
    weights = {f"{name} {i}": w for name, ws in net.params.items() for i, w in enumerate(ws)}
    seen = {name: blob.data.copy() for name, blob in net.blobs.items()}
    seen |= {name: weight.data.copy() for name, weight in weights.items()}
    return seen | {f"gradient of {name}": w.diff.copy() for name, w in weights.items()}


def assert_alike(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, 1e-4, 1e-5, err_msg=name)


def test_faces_are_learned_as_on_the_host():
    ours, theirs = make(FACES), make(FACES, device="cpu")
    for number in range(PASSES):
        seen = run(ours, number)
        assert_alike(seen, run(theirs, number))
        assert seen["lambda"] == pytest.approx(100 / (2 + number))
        assert ours.state() == theirs.state() == {"angles": {"iteration": number + 1}}


def test_a_test_net_scales_the_rows_of_the_weights_it_shares():
    trained = make(FACES)
    tested = make(FACES, phase=TEST, share_with=trained)
    trained.params["angles"][0].data[...] = 3
    tested.forward()
    np.testing.assert_allclose(trained.params["angles"][0].data, 5**-0.5, rtol=1e-6)


def test_a_run_goes_on_where_another_one_stood():
    whole, first = make(FACES), make(FACES)
    for number in range(PASSES):
        expected = run(whole, number)
    for number in range(2):
        run(first, number)
    second = make(FACES)
    second.restore(json.loads(json.dumps(first.state())))
    for name, weights in first.params.items():
        for weight, copied in zip(weights, second.params[name], strict=True):
            copied.data[...] = weight.data
    for number in range(2, PASSES):
        resumed = run(second, number)
    assert_alike(resumed, expected)


def test_pixels_of_all_batches_are_counted_as_on_the_host():
    ours, theirs = (make(PIXELS, device, TEST) for device in ("gpu", "cpu"))
    for number in range(PASSES):
        assert_alike(run(ours, number, backward=False), run(theirs, number, backward=False))
        if number == 1:
            saved = json.loads(json.dumps(ours.state()))
            assert saved == theirs.state()
    assert ours.state() == theirs.state() != saved
    for net in (ours, theirs):
        net.restore(saved)
    assert_alike(run(ours, 9, backward=False), run(theirs, 9, backward=False))


def test_a_matrix_of_other_classes_is_no_state():
    net = make(PIXELS, phase=TEST)
    with pytest.raises(ConfigError, match=r"\(SegAccuracy\): cannot resume from"):
        net.restore({"accuracy": {"confusion": [[1, 2, 3]] * 3}})


def test_noise_is_other_in_each_pass_and_that_of_a_resumed_run():
    net = make(NOISY)
    states, seen = [], []
    for _ in range(PASSES):
        states.append(json.loads(json.dumps(net.state())))
        net.forward()
        seen.append(net.blobs["y"].data.copy())
    assert all(not np.isclose(a, b).any() for a, b in pairwise(seen))
    for state, expected in zip(reversed(states), reversed(seen), strict=True):
        net.restore(state)
        net.forward()
        np.testing.assert_array_equal(net.blobs["y"].data, expected)
