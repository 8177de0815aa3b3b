"""What peers are told of a net."""

import pytest
from nets.description import blob_name, describe
from nets.fed import training_net, without_dropout
from nets.zoo import GPU_SUBJECTS, SUBJECTS

from cortado.proto import parse_net

NET = """
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
{}
"""


def described(layers):
    return describe(parse_net(NET.format(layers)))


def layers_of(layers):
    return described(layers)["layers"]


def test_inputs_are_told_with_their_shapes():
    assert described('layer { name: "r" type: "ReLU" bottom: "data" top: "r" }')["inputs"] == {
        "data": [2, 3]
    }


def test_a_layer_in_place_makes_a_value_of_a_new_name():
    first, second = layers_of(
        'layer { name: "a" type: "ReLU" bottom: "data" top: "x" }'
        'layer { name: "b" type: "ReLU" bottom: "x" top: "x" }'
    )
    assert (first["top"], first["in_place"]) == ("x", False)
    assert (second["bottoms"], second["top"], second["in_place"]) == (["x"], "x@b", True)
    assert blob_name(second["top"]) == "x"


def test_outputs_are_the_values_that_nobody_reads():
    told = described(
        'layer { name: "a" type: "ReLU" bottom: "data" top: "x" }'
        'layer { name: "b" type: "ReLU" bottom: "x" top: "x" }'
    )
    assert told["outputs"] == ["x@b"]


def test_windows_are_pairs_however_they_were_written():
    (layer,) = layers_of(
        'layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param '
        "{ num_output: 4 kernel_size: 5 stride_h: 2 stride_w: 1 pad: 1 pad: 2 group: 2 } }"
    )
    assert layer["kernel"] == [5, 5]
    assert layer["stride"] == [2, 1]
    assert layer["pad"] == [1, 2]
    assert layer["dilation"] == [1, 1]
    assert (layer["group"], layer["bias"]) == (2, True)


def test_batch_norm_and_scale_are_one_layer():
    (layer,) = layers_of(
        'layer { name: "n" type: "BatchNorm" bottom: "data" top: "data" }'
        'layer { name: "s" type: "Scale" bottom: "data" top: "data" '
        "scale_param { bias_term: true } }"
    )
    assert (layer["type"], layer["name"], layer["scale"]) == ("BatchNorm", "n", "s")
    assert layer["top"] == "data@n"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ('layer { name: "n" type: "BatchNorm" bottom: "data" top: "data" }', "a Scale right beh"),
        ('layer { name: "s" type: "Sigmoid" bottom: "data" top: "s" }', "'s' .Sigmoid.: peers are"),
        (
            'layer { name: "e" type: "Eltwise" bottom: "data" bottom: "data" top: "e" '
            "eltwise_param { operation: MAX } }",
            "'e' .Eltwise.: peers know only plain sums",
        ),
    ],
)
def test_what_peers_cannot_do_is_named(layers, message):
    with pytest.raises(ValueError, match=message):
        described(layers)


@pytest.mark.parametrize("name", GPU_SUBJECTS)
def test_every_net_can_be_told(name):
    subject = GPU_SUBJECTS[name]
    told = describe(training_net(subject.training, 2, subject.picture))
    assert told["inputs"] == {"data": [2, *subject.picture], "label": [2]}
    assert told["outputs"] == []
    assert describe(subject.deployed)["outputs"] == ["prob"]


def test_auxiliary_losses_have_their_weights():
    subject = SUBJECTS["googlenet"]
    told = describe(training_net(subject.training, 2, subject.picture))
    assert [round(loss["weight"], 6) for loss in told["losses"]] == [0.3, 0.3, 1.0]


def test_nothing_is_dropped_where_results_are_compared():
    subject = SUBJECTS["alexnet"]
    told = describe(without_dropout(training_net(subject.training, 2, subject.picture)))
    assert {layer["ratio"] for layer in told["layers"] if layer["type"] == "Dropout"} == {0}
