"""The plan: whole passes, parts of them, weights that change, memory."""

import tracemalloc

import numpy as np
import pytest

from cortado.layers.inner_product import InnerProduct
from cortado.layers.sigmoid import Sigmoid
from cortado.layers.tanh import TanH
from cortado.nets import Net, load_weights, save_weights
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

CHAIN = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 4 dim: 3 dim: 9 dim: 9 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Reduction" bottom: "ip" top: "sum" loss_weight: 1
        reduction_param { operation: SUMSQ } }
"""


def make(phase, text=CHAIN, **options):
    net = Net(parse_net(text), phase, **{"seed": 1, **options})
    rng = np.random.default_rng(2)
    net.blobs["data"].data[...] = rng.standard_normal(net.blobs["data"].shape)
    if "bn" in net.params:
        for weight in net.params["bn"]:
            weight.data[...] = 1
    return net


def everything(net):
    blobs = {name: (blob.data.copy(), blob.diff.copy()) for name, blob in net.blobs.items()}
    return blobs, [w.diff.copy() for weights in net.params.values() for w in weights]


def assert_equal(found, expected):
    for name, (data, diff) in expected[0].items():
        np.testing.assert_allclose(found[0][name][0], data, rtol=1e-5, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(found[0][name][1], diff, rtol=1e-4, atol=1e-5, err_msg=name)
    for gradient, wanted in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=1e-5)


def run_layer_by_layer(net):
    for i in range(len(net.layers)):
        net.forward(i, i)
    for i in reversed(range(len(net.layers))):
        net.backward(i, i)


def test_a_whole_pass_leaves_what_its_layers_one_by_one_leave():
    whole, parts = make(TRAIN), make(TRAIN)
    whole.forward()
    whole.backward()
    run_layer_by_layer(parts)
    assert_equal(everything(whole), everything(parts))


@pytest.mark.parametrize("cut", ["pool", "relu", "scale", "bn", "conv"])
def test_a_whole_forward_pass_can_be_followed_by_parts_of_a_backward_one(cut):
    whole, parts = make(TRAIN), make(TRAIN)
    for net in (whole, parts):
        net.forward()
    whole.backward()
    at = parts.layer_names.index(cut)
    parts.backward(end=at)
    parts.backward(start=at - 1)
    assert_equal(everything(parts), everything(whole))


def test_a_backward_pass_may_follow_layers_run_one_by_one():
    whole, mixed = make(TRAIN), make(TRAIN)
    whole.forward()
    whole.backward()
    for i in range(len(mixed.layers)):
        mixed.forward(i, i)
    mixed.backward()
    assert_equal(everything(mixed), everything(whole))


def test_gradients_are_written_or_added():
    net = make(TRAIN)
    net.forward()
    net.backward()
    once = net.weights.diff.copy()
    net.forward()
    net.backward()
    np.testing.assert_allclose(net.weights.diff, 2 * once, rtol=1e-3, atol=1e-4)
    net.backward(adds=False)
    np.testing.assert_allclose(net.weights.diff, once, rtol=1e-3, atol=1e-4)


def test_a_weight_of_two_layers_is_written_once_and_then_added_to():
    text = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 3 } } }
    layer { name: "a" type: "InnerProduct" bottom: "data" top: "a" param { name: "w" }
            inner_product_param { num_output: 3 bias_term: false
                                  weight_filler { type: "xavier" } } }
    layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" }
            inner_product_param { num_output: 3 bias_term: false } }
    layer { name: "sum" type: "Reduction" bottom: "b" top: "sum" loss_weight: 1 }
    """
    net = make(TRAIN, text)
    net.forward()
    net.backward()
    expected = net.weights.diff.copy()
    for _ in range(2):
        net.forward()
        net.backward(adds=False)
        np.testing.assert_allclose(net.weights.diff, expected, rtol=1e-5)


@pytest.mark.parametrize("keep", [None, ()], ids=["all shown", "nothing kept"])
@pytest.mark.parametrize("layer", ["conv", "bn", "scale", "ip"])
def test_weights_written_through_an_array_held_on_to_take_effect_at_once(layer, keep):
    fast, slow = make(TEST, keep=keep), make(TEST)
    for net in (fast, slow):
        net.forward()
    for factor in (2, 3):
        for net in (fast, slow):
            if factor == 2:
                net.held = net.params[layer][0].data  # type: ignore[attr-defined]
            net.held[...] *= factor  # type: ignore[attr-defined]
        fast.forward()
        for i in range(len(slow.layers)):
            slow.forward(i, i)
        np.testing.assert_allclose(fast.blobs["sum"].data, slow.blobs["sum"].data, rtol=1e-4)


def test_what_kernels_make_of_weights_is_kept_while_nobody_can_change_them():
    net = Net(parse_net(CHAIN), TEST, seed=1, keep=["conv"])
    net.blobs["data"].data[...] = 1
    net.forward()
    before = net.blobs["conv"].data.copy()
    weights = net.weights.data[: 8 * 27]  # the filters, behind the back of their blob
    weights *= 2
    net.forward()
    np.testing.assert_array_equal(net.blobs["conv"].data, before)
    net.weights.version += 1
    net.forward()
    assert (net.blobs["conv"].data != before).any()


def test_weights_that_are_loaded_or_learned_take_effect(tmp_path):
    source = make(TRAIN)
    test = make(TEST, share_with=source)
    test.forward()
    before = float(test.blobs["sum"].data)
    source.weights.data[...] *= 2
    source.weights.version += 1  # as the solver does
    test.forward()
    assert float(test.blobs["sum"].data) != pytest.approx(before)
    other = make(TRAIN, seed=5)
    save_weights(other, tmp_path / "other.caffemodel")
    load_weights(source, tmp_path / "other.caffemodel")
    test.forward()
    alone = make(TEST, share_with=other)
    alone.forward()
    assert float(test.blobs["sum"].data) == pytest.approx(float(alone.blobs["sum"].data))


def test_a_net_that_keeps_only_some_blobs_refuses_to_run_in_parts():
    net = make(TRAIN, keep=["pool"])
    net.forward()
    with pytest.raises(ConfigError, match="can only be run if it keeps all blobs"):
        net.forward(end=2)
    with pytest.raises(ConfigError, match="can only be run if it keeps all blobs"):
        net.backward(start=2)


def test_a_net_of_phase_test_that_keeps_only_some_blobs_runs_forward_alone():
    net = make(TEST, keep=())
    net.forward()
    with pytest.raises(ConfigError, match="cannot run backward; build it without keep"):
        net.backward()
    forced = parse_net("force_backward: true" + CHAIN)
    forced_net = Net(forced, TEST, seed=1, keep=())
    forced_net.forward()
    forced_net.backward()


def test_a_kept_blob_holds_what_it_holds_where_all_are_kept():
    some, everything_kept = make(TRAIN, keep=["conv"]), make(TRAIN)
    for net in (some, everything_kept):
        net.forward()
    np.testing.assert_array_equal(some.blobs["conv"].data, everything_kept.blobs["conv"].data)
    assert some.plan.sharing.arena <= some.plan.sharing.blobs


def test_a_blob_to_be_kept_must_exist():
    with pytest.raises(ConfigError, match="the net has no blob 'cnov'; it has data, conv"):
        make(TRAIN, keep=["cnov"])


def test_an_unknown_pass_is_named(monkeypatch):
    monkeypatch.setenv("CORTADO_PASSES", "relu,rleu")
    with pytest.raises(ConfigError, match="CORTADO_PASSES: unknown pass 'rleu'"):
        make(TRAIN)


@pytest.mark.parametrize("keep", [None, ()], ids=["all shown", "nothing kept"])
def test_nothing_is_allocated_from_the_second_step_on(keep):
    text = CHAIN.replace("dim: 4 dim: 3 dim: 9 dim: 9", "dim: 64 dim: 3 dim: 33 dim: 33")
    net = make(TRAIN, text, keep=keep)
    for _ in range(2):
        net.forward()
        net.backward(adds=False)
    tracemalloc.start()
    try:
        for _ in range(3):
            net.forward()
            net.backward(adds=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The smallest array of the net in the place of a picture is ten times larger.
    assert peak < 50_000


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_nets_that_share_memory_follow_their_inputs_shapes(phase):
    """With a global Pooling, so that what follows fits pictures of any size."""
    text = CHAIN.replace("kernel_size: 2 stride: 2", "global_pooling: true")
    sharing, showing = make(phase, text, keep=()), make(phase, text)
    for shape in ((2, 3, 20, 17), (4, 3, 9, 9), (1, 3, 5, 40), (6, 3, 30, 30)):
        for net in (sharing, showing):
            net.blobs["data"].reshape(*shape)
            net.blobs["data"].data[...] = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
            net.forward()
            if phase == TRAIN:
                net.backward(adds=False)
        np.testing.assert_allclose(sharing.blobs["sum"].data, showing.blobs["sum"].data, rtol=1e-5)
        np.testing.assert_allclose(sharing.weights.diff, showing.weights.diff, rtol=1e-3, atol=1e-5)


TWO_INPUTS = """
layer { name: "in" type: "Input" top: "x" top: "z"
        input_param { shape { dim: [2, 3] } shape { dim: [1, 4] } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "sigmoid" type: "Sigmoid" bottom: "ip" top: "sigmoid" }
layer { name: "tanh" type: "TanH" bottom: "z" top: "tanh" }
layer { name: "a" type: "Reduction" bottom: "sigmoid" top: "a" loss_weight: 1 }
layer { name: "b" type: "Reduction" bottom: "tanh" top: "b" loss_weight: 1 }
"""


@pytest.mark.parametrize("keep", [None, ()])
def test_only_steps_whose_shapes_change_are_bound_anew(keep, monkeypatch):
    bound = []

    def counting(bind, way):
        def count(layer, *arguments, **options):
            bound.append(f"{layer.name} {way}")
            return bind(layer, *arguments, **options)

        return count

    for layer in (InnerProduct, Sigmoid, TanH):
        for way in ("forward", "backward"):
            original = getattr(layer, f"bind_{way}")
            monkeypatch.setattr(layer, f"bind_{way}", counting(original, way))
    param = parse_net(TWO_INPUTS)
    param.force_backward = True
    net = Net(param, TRAIN, seed=1, keep=keep)
    losses, gradients = [], []
    for rows in (1, 3, 2, 3):
        net.blobs["z"].reshape(rows, 4)
        net.blobs["x"].data[...], net.blobs["z"].data[...] = 1, 0.5
        losses.append(net.forward())
        net.backward(adds=False)
        gradients.append(net.params["ip"][0].diff.copy())
    assert [bound.count(f"{name} forward") for name in ("ip", "sigmoid", "tanh")] == [1, 1, 4]
    assert [bound.count(f"{name} backward") for name in ("ip", "sigmoid", "tanh")] == [1, 1, 4]
    ip = losses[0] - 4 * np.tanh(0.5)
    np.testing.assert_allclose(losses, ip + 4 * np.tanh(0.5) * np.array([1, 3, 2, 3]), rtol=1e-5)
    for gradient in gradients[1:]:
        np.testing.assert_array_equal(gradient, gradients[0])
