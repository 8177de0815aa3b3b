import pytest

from cortado.nets.exporting import deployed
from cortado.proto import ConfigError, parse_net

TRAINED = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 5 } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
TWO = """
layer { name: "in" type: "Input" top: "a" top: "b" input_param {
        shape { dim: 1 dim: 2 } shape { dim: 3 dim: 4 } } }
layer { name: "use" type: "Silence" bottom: "a" bottom: "b" }
"""


def inputs(net):
    return {
        layer.top[0]: tuple(layer.input_param.shape[0].dim)
        for layer in net.layer
        if layer.type == "Input"
    }


def test_losses_of_ones_own_and_sources_of_ones_own_are_known_by_what_they_are():
    text = TRAINED.replace('"Data"', '"Python"').replace("SoftmaxWithLoss", "EuclideanLoss")
    net = deployed(parse_net(text), {"": (2, 7)})
    assert [layer.type for layer in net.layer] == ["Input", "InnerProduct"]


CONSTANTS = """
layer { name: "d" type: "DummyData" top: "d" dummy_data_param { shape { dim: 2 } } }
layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 2 } } }
layer { name: "q" type: "Silence" bottom: "d" bottom: "p" }
"""


def test_constants_are_no_inputs():
    net = deployed(parse_net(CONSTANTS + TWO), {})
    assert [layer.type for layer in net.layer][:2] == ["DummyData", "Parameter"]
    assert inputs(net) == {"a": (1, 2), "b": (3, 4)}


def test_a_net_that_only_dummy_data_feeds_takes_it_as_its_input():
    assert inputs(deployed(parse_net(CONSTANTS), {})) == {"d": (2,)}
    assert inputs(deployed(parse_net(CONSTANTS), {"": (7,)})) == {"d": (7,)}


@pytest.mark.parametrize("name", ["", "data"])
def test_a_blob_that_only_training_has_can_be_an_input(name):
    text = TRAINED.replace("phase: TEST", "phase: TRAIN")
    assert inputs(deployed(parse_net(text), {name: (1, 3, 8, 8)})) == {"data": (1, 3, 8, 8)}
    assert inputs(deployed(parse_net(text), {})) == {}


def test_detections_are_not_written_to_files():
    text = (
        TWO
        + """layer { name: "out" type: "ReLU" bottom: "a" top: "y" detection_output_param {
                            num_classes: 2 save_output_param { output_directory: "x" } } }"""
    )
    param = deployed(parse_net(text), {}).layer[-1].detection_output_param
    assert param.num_classes == 2
    assert not param.HasField("save_output_param")


def test_unknown_types_are_named():
    with pytest.raises(ConfigError, match="layer 'x': unknown type 'Nothing'"):
        deployed(parse_net('layer { name: "x" type: "Nothing" top: "y" }'), {})


@pytest.mark.parametrize("name", ["", "data"])
def test_what_needs_labels_is_left_out(name):
    net = deployed(parse_net(TRAINED), {name: (1, 3, 8, 8)})
    assert [(layer.name, layer.type) for layer in net.layer] == [
        ("data", "Input"),
        ("ip", "InnerProduct"),
    ]
    assert inputs(net) == {"data": (1, 3, 8, 8)}


def test_shapes_are_those_of_the_prototxt_unless_given():
    assert inputs(deployed(parse_net(TWO), {})) == {"a": (1, 2), "b": (3, 4)}
    assert inputs(deployed(parse_net(TWO), {"b": (5,)})) == {"a": (1, 2), "b": (5,)}
    assert inputs(deployed(parse_net(TWO), {"": (5,), "b": ()})) == {"a": (5,), "b": ()}


def test_a_data_layer_needs_a_shape():
    with pytest.raises(ConfigError, match=r"layer 'data' \(Data\).*-input data=1x3x224x224"):
        deployed(parse_net(TRAINED), {})


def test_unknown_inputs_are_named():
    with pytest.raises(ConfigError, match="-input: the net has no input 'c'; its inputs are a, b"):
        deployed(parse_net(TWO), {"c": (1,)})
