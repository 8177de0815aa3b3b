import pytest

from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("param", "expected"), [("", [0, 0, 1, 1]), ("threshold: 1", [0, 0, 0, 1])]
)
def test_values_on_the_threshold_do_not_exceed_it(make_layer, param, expected):
    prototxt = f'type: "Threshold" threshold_param {{ {param} }}'
    layer, bottom, top = make_layer(prototxt, [-1, 0, 1, 2])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == expected
    layer.forward(bottom, bottom)
    assert bottom[0].data.tolist() == expected


def test_there_is_no_backward(make_layer):
    layer, bottom, top = make_layer('type: "Threshold"', (3,))
    layer.forward(bottom, top)
    with pytest.raises(ConfigError, match=r"^layer 'it' \(Threshold\): has no backward pass"):
        layer.backward(top, bottom)
