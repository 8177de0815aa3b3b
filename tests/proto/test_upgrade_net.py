import pytest

from cortado.proto import ConfigError, parse_net


@pytest.mark.parametrize(
    "shapes",
    [
        "input_shape { dim: 1 dim: 3 dim: 8 dim: 9 } input_shape { dim: 1 dim: 2 dim: 1 dim: 1 }",
        "input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 9 input_dim: [1, 2, 1, 1]",
    ],
)
def test_inputs_become_an_input_layer_in_front(shapes):
    net = parse_net(f'input: "data" input: "info" {shapes} layer {{ name: "a" type: "ReLU" }}')
    wanted = parse_net("""
    layer {
      name: "input" type: "Input" top: "data" top: "info"
      input_param {
        shape { dim: 1 dim: 3 dim: 8 dim: 9 } shape { dim: 1 dim: 2 dim: 1 dim: 1 }
      }
    }
    layer { name: "a" type: "ReLU" }
    """)
    assert net == wanted


def test_inputs_without_shapes_are_dropped():
    assert parse_net('input: "data" layer { name: "a" }') == parse_net('layer { name: "a" }')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'input: "a" input_dim: 1 input_dim: 3',
            r"f: net 'n': input_dim is given 2 times for 1 inputs \(a\); give four per input",
        ),
        (
            'input: "a" input: "b" input_shape { dim: 1 }',
            r"f: net 'n': input_shape is given 1 times for 2 inputs \(a, b\); give one per input",
        ),
    ],
)
def test_shapes_that_do_not_fit_the_inputs(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_net(f'name: "n" {text}', "f")


def test_batch_norm_with_three_specs_is_not_learned():
    net = parse_net("""
    layer { type: "BatchNorm" param { lr_mult: 1 decay_mult: 1 name: "m" } param { } param { } }
    layer { type: "BatchNorm" param { lr_mult: 1 } }
    """)
    assert [(spec.lr_mult, spec.decay_mult) for spec in net.layer[0].param] == [(0, 0)] * 3
    assert net.layer[0].param[0].name == "m"
    assert net.layer[1].param[0].lr_mult == 1
