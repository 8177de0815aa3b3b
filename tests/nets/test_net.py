import sys

import numpy as np
import pytest

from cortado.nets import Net
from cortado.nets.diagnosis import first_nonfinite
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

INPUT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 3 } } }
"""
TWO_LAYERS = (
    INPUT
    + """
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1" param { lr_mult: 0 }
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Reduction" bottom: "ip2" top: "sum" loss_weight: 3 }
"""
)


def make(text, phase=TRAIN, **options):
    return Net(parse_net(text), phase, **{"seed": 1, **options})


def test_forward_returns_the_weighted_loss():
    net = make(TWO_LAYERS)
    net.blobs["data"].data[...] = 1
    loss = net.forward()
    assert loss == pytest.approx(3 * float(net.blobs["sum"].data))
    assert loss != 0
    assert net.loss_weight("sum") == 3
    assert net.loss_weight("ip2") == 0


def test_backward_adds_to_the_gradients_until_they_are_cleared():
    net = make(TWO_LAYERS)
    net.blobs["data"].data[...] = 1
    net.forward()
    net.backward()
    once = net.params["ip2"][0].diff.copy()
    assert once.any()
    net.backward()
    np.testing.assert_allclose(net.params["ip2"][0].diff, 2 * once)
    net.clear_diffs()
    assert not net.weights.diff.any()


def test_a_weight_with_lr_mult_0_gets_no_gradient():
    net = make(TWO_LAYERS)
    net.blobs["data"].data[...] = 1
    net.forward()
    net.backward()
    assert not net.params["ip1"][0].diff.any()  # lr_mult: 0
    assert net.params["ip1"][1].diff.any()


def test_the_weights_are_views_of_one_array_in_file_order():
    net = make(TWO_LAYERS)
    net.params["ip1"][0].data[...] = 7
    assert (net.weights.data[:15] == 7).all()
    net.weights.data[...] = 2
    assert all((blob.data == 2).all() for blobs in net.params.values() for blob in blobs)


def test_the_same_seed_gives_the_same_weights():
    first, again, other = make(TWO_LAYERS), make(TWO_LAYERS), make(TWO_LAYERS, seed=2)
    np.testing.assert_array_equal(first.weights.data, again.weights.data)
    assert (first.weights.data != other.weights.data).any()


def test_a_net_can_be_reshaped_between_forwards():
    net = make(TWO_LAYERS)
    net.blobs["data"].reshape(9, 3)
    net.blobs["data"].data[...] = 1
    net.forward()
    assert net.blobs["ip2"].shape == (9, 2)
    np.testing.assert_allclose(net.blobs["ip2"].data, net.blobs["ip2"].data[:1].repeat(9, 0))
    net.blobs["data"].reshape(2, 3)
    net.reshape()
    assert net.blobs["ip2"].shape == (2, 2)
    net.backward()
    assert net.blobs["ip2"].diff.shape == (2, 2)


def test_layers_below_follow_a_layer_whose_tops_vary():
    net = make(
        INPUT
        + """
        layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 4 } } }
        layer { name: "filter" type: "Filter" bottom: "data" bottom: "s" top: "kept" }
        layer { name: "twice" type: "Power" bottom: "kept" top: "twice" power_param { scale: 2 } }
        """
    )
    net.blobs["data"].data[...] = np.arange(12).reshape(4, 3)
    for selector, rows in (([1, 0, 0, 1], [0, 3]), ([0, 1, 1, 1], [1, 2, 3])):
        net.blobs["s"].data[...] = selector
        net.forward()
        expected = 2 * np.arange(12).reshape(4, 3)[rows]
        np.testing.assert_array_equal(net.blobs["twice"].data, expected)


def test_a_test_net_uses_the_weights_of_the_training_net():
    train = make(TWO_LAYERS)
    test = make(TWO_LAYERS, TEST, seed=2, share_with=train)
    train.params["ip2"][0].data[...] = 0.5
    assert (test.params["ip2"][0].data == 0.5).all()
    assert test.weights.data.size == 0


def test_float64_nets_compute_in_float64():
    net = make(TWO_LAYERS, dtype="float64")
    net.forward()
    assert net.blobs["ip2"].data.dtype == np.float64
    assert net.weights.data.dtype == np.float64


def test_a_part_of_a_net_can_be_run():
    net = make(TWO_LAYERS)
    net.blobs["data"].data[...] = 1
    net.forward()
    whole = net.blobs["ip2"].data.copy()
    net.blobs["ip1"].data[...] = 0
    net.forward(start=3)
    assert (net.blobs["ip2"].data != whole).any()
    net.forward(end=2)
    net.forward(start=3)
    np.testing.assert_array_equal(net.blobs["ip2"].data, whole)


def test_a_loss_may_leave_out_its_top():
    net = make(
        INPUT
        + """
        layer { name: "t" type: "Input" top: "t" input_param { shape { dim: 4 dim: 3 } } }
        layer { name: "loss" type: "EuclideanLoss" bottom: "data" bottom: "t" }
        """
    )
    net.blobs["data"].data[...] = 2
    assert net.forward() == pytest.approx(4 * 3 * 4 / 8)
    assert net.outputs == []


def test_debug_info_logs_every_blob(capsys):
    from cortado.core import log

    net = make("debug_info: true " + TWO_LAYERS)
    net.blobs["data"].data[...] = 1
    handler = log.to_stderr(0)
    net.forward()
    net.backward()
    log.silence(handler)
    text = capsys.readouterr().err
    assert "[Forward] Layer data, top blob data data: 1\n" in text
    assert "[Forward] Layer ip2, param blob 1 data: 0\n" in text
    assert "[Backward] Layer ip2, bottom blob ip1 diff: " in text
    assert "[Backward] Layer ip1, param blob 0 diff" not in text
    assert "[Backward] All net params (data, diff): L1 norm = (" in text


def test_the_first_blob_that_is_not_finite_is_found():
    net = make(TWO_LAYERS)
    net.forward()
    assert first_nonfinite(net) is None
    net.params["ip2"][0].data[0, 0] = np.inf
    net.forward()
    assert first_nonfinite(net) == "weight 0 of layer 'ip2' (InnerProduct)"
    net.params["ip2"][0].data[0, 0] = 0
    net.blobs["data"].data[0, 0] = np.nan
    net.forward()
    assert first_nonfinite(net) == "blob 'data', made by layer 'data' (Input)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'layer { name: "c" type: "Convolutoin" bottom: "data" top: "c" }',
            "layer 'c': unknown type 'Convolutoin'; did you mean 'Convolution'",
        ),
        (
            """layer { name: "ip" type: "InnerProduct" bottom: "data" top: "a"
                       inner_product_param { num_output: 3 } }
               layer { name: "ip" type: "InnerProduct" bottom: "a" top: "b"
                       inner_product_param { num_output: 3 } }""",
            r"layer 'ip' \(InnerProduct\): a layer above has this name, and weights too",
        ),
        (
            'layer { name: "r" type: "ReLU" bottom: "data" top: "r" loss_weight: [1, 2] }',
            r"layer 'r' \(ReLU\): loss_weight has 2 values; give none, or one for each of its 1",
        ),
        (
            'layer { name: "r" type: "ReLU" bottom: "data" top: "r" top: "s" }',
            r"layer 'r' \(ReLU\): takes 1 top blobs, got 2",
        ),
        (
            'layer { name: "r" type: "ReLU" bottom: "data" top: "r" param { lr_mult: 1 } }',
            r"layer 'r' \(ReLU\): has 1 param entries but only 0 weights",
        ),
    ],
)
def test_what_cannot_be_built_is_named(text, message):
    with pytest.raises(ConfigError, match=message):
        make(INPUT + text)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("tpu", "device: 'tpu' is none of "),
        ("gpu:1", 'device "gpu:1" needs cupy, which is not installed'),
    ],
)
def test_a_device_that_cannot_be_had_is_named(device, message, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ConfigError, match=message):
        make(TWO_LAYERS, device=device)


def test_a_net_without_layers_is_refused():
    with pytest.raises(ConfigError, match="net 'x': has no layers, or none in phase TEST"):
        make('name: "x" layer { name: "data" type: "Input" include { phase: TRAIN } }', TEST)


def test_layers_of_one_name_and_no_weights_keep_their_states_apart():
    drop = 'layer { name: "drop" type: "Dropout" bottom: "data" top: "data" }'
    net = make(INPUT + drop + drop)
    net.forward()
    first, second = net.state().values()
    assert first != second
    again = make(INPUT + drop + drop, seed=2)
    again.restore(net.state())
    assert again.state() == net.state()


IP = """layer {{ name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
                inner_product_param {{ {} }} }}"""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            "num_output: 4",
            r"'ip1' .*weight 0 has shape \(4, 3\), but \(5, 3\) in the net it shares",
        ),
        (
            "num_output: 5 bias_term: false",
            "'ip1' .*has 1 weights, but 2 in the net it shares with",
        ),
    ],
)
def test_weights_of_another_net_must_fit(fields, message):
    with pytest.raises(ConfigError, match=message):
        make(INPUT + IP.format(fields), TEST, share_with=make(TWO_LAYERS))
