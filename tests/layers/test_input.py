import pytest

from cortado.proto import ConfigError

TWO = 'type: "Input" top: "a" top: "b" '


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("shape { dim: 2 dim: 3 } shape { dim: 4 }", [(2, 3), (4,)]),
        ("shape { dim: 2 dim: 3 }", [(2, 3), (2, 3)]),
        ("shape { }", [(), ()]),
        ("", [(0,), (0,)]),
    ],
)
def test_shapes(make_layer, text, shapes):
    _, _, top = make_layer(TWO + f"input_param {{ {text} }}", tops=2)
    assert [t.shape for t in top] == shapes


def test_forward_leaves_what_the_user_wrote(make_layer):
    layer, _, top = make_layer('type: "Input" top: "a" input_param { shape { dim: 3 } }')
    top[0].data[...] = [1, 2, 3]
    layer.forward([], top)
    assert top[0].data.tolist() == [1, 2, 3]


def test_a_wrong_number_of_shapes_is_refused(make_layer):
    text = TWO + 'top: "c" input_param { shape { dim: 1 } shape { dim: 1 } }'
    with pytest.raises(ConfigError, match="input_param.shape: 2 shapes for 3 tops; give one for"):
        make_layer(text, tops=3)
