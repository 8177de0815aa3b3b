import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def flatten(param=""):
    return f'type: "Flatten" flatten_param {{ {param} }}'


@pytest.mark.parametrize(
    ("shape", "param", "expected"),
    [
        ((2, 3, 4, 5), "", (2, 60)),
        ((2, 3, 4, 5), "axis: 2", (2, 3, 20)),
        ((2, 3, 4, 5), "axis: 0", (120,)),
        ((2, 3, 4, 5), "axis: 1 end_axis: -2", (2, 12, 5)),
        ((2, 3, 4, 5), "axis: 1 end_axis: 1", (2, 3, 4, 5)),
        ((3,), "axis: 0", (3,)),
        ((0, 3, 2), "", (0, 6)),
    ],
)
def test_top_shape(make_layer, shape, param, expected):
    _, _, top = make_layer(flatten(param), shape)
    assert top[0].shape == expected


def test_data_and_gradient_are_the_bottoms_memory(make_layer):
    layer, bottom, top = make_layer(flatten(), (2, 3, 4))
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, bottom[0].data.reshape(2, 12))
    top[0].diff[...] = np.arange(24).reshape(2, 12)
    layer.backward(top, bottom)
    assert bottom[0].diff.ravel().tolist() == list(range(24))


@pytest.mark.parametrize("param", ["", "axis: 2", "axis: 0", "axis: 1 end_axis: -2"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 2, 2, 3), (2, 1, 3, 1, 2)])
def test_gradient(make_layer, shape, param):
    check_gradients(*make_layer(flatten(param), shape))


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("axis: 3", "flatten_param.axis: 3 is out of range"),
        ("end_axis: -4", "flatten_param.end_axis: -4 is out of range"),
        ("axis: 2 end_axis: 1", r"axis 2 comes after end_axis 1 in a bottom of shape \(2, 3, 4\)"),
    ],
)
def test_errors(make_layer, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Flatten\): .*{message}"):
        make_layer(flatten(param), (2, 3, 4))


def test_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer(flatten(), (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
