import numpy as np
import pytest

from cortado.nets.exporting import export_onnx
from cortado.nets.exporting.checking import (
    Comparison,
    _aligned,
    compare,
    open_session,
    random_inputs,
)
from cortado.proto import ConfigError

RELU = 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'


def test_differences_are_measured_by_the_largest_value():
    assert Comparison("y", (2,), 0.5, 10).relative == 0.05
    assert Comparison("y", (2,), 0.5, 0).relative == 0.5
    assert Comparison("y", (2,), 1e-4, 1).agrees
    assert not Comparison("y", (2,), 2e-4, 1).agrees
    assert not Comparison("y", (2,), float("nan"), 1).agrees


def test_a_model_that_computes_something_else_is_found_out(make_net):
    net = make_net(
        'layer { name: "p" type: "Power" bottom: "x" top: "y" power_param { scale: 2 } }', x=(3,)
    )
    model = export_onnx(net)
    net.layers[1].scale = 2.001
    (found,) = compare(net, model, {"x": np.float32([1, 2, 3])})
    assert not found.agrees
    assert found.difference == pytest.approx(0.003, rel=1e-3)


def test_infinities_agree(make_net):
    net = make_net('layer { name: "l" type: "Log" bottom: "x" top: "y" }', x=(2,))
    (found,) = compare(net, export_onnx(net), {"x": np.float32([0, 1])})
    assert found.difference == 0


def test_selectors_and_symbols_are_whole_numbers(make_net):
    layers = """layer { name: "e" type: "Embed" bottom: "words" top: "e"
                        embed_param { input_dim: 7 num_output: 3 } }
                layer { name: "l" type: "LSTM" bottom: "e" bottom: "cont" top: "h"
                        recurrent_param { num_output: 2 } }"""
    inputs = random_inputs(make_net(layers, words=(40, 5), cont=(40, 5)))
    assert set(np.unique(inputs["words"])) == set(range(7))
    assert set(np.unique(inputs["cont"])) == {0, 1}


def test_detections_may_come_in_another_order(make_net):
    net = make_net(RELU, x=(1, 1, 3, 2))
    rows = np.float32([[[[1, 2], [3, 4], [5, 6]]]])
    net.blobs["y"].data[...] = rows
    np.testing.assert_array_equal(_aligned(net, "y", rows[:, :, ::-1], {"y"}), rows)
    np.testing.assert_array_equal(_aligned(net, "y", rows[:, :, ::-1], set()), rows[:, :, ::-1])


def test_damaged_models_are_refused():
    with pytest.raises(ConfigError, match="ONNX Runtime refuses the model"):
        open_session(b"no model")


def test_inputs_that_do_not_fit_are_refused(make_net):
    net = make_net(RELU, x=(2,))
    with pytest.raises(ConfigError, match="ONNX Runtime cannot run the model"):
        compare(net, export_onnx(net), {"x": np.zeros((3, 3), "float32")})
