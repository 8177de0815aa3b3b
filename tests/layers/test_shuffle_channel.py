import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def shuffle(param=""):
    return f'type: "ShuffleChannel" shuffle_channel_param {{ {param} }}'


def test_channels_are_dealt_out(make_layer):
    x = np.arange(6.0).reshape(1, 6)
    layer, bottom, top = make_layer(shuffle("group: 2"), x)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[0, 3, 1, 4, 2, 5]]


@pytest.mark.parametrize("group", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [(), (5,), (2, 3), (2, 1, 2)])
def test_definition_and_gradient(make_layer, group, size):
    layer, (x,), (y,) = make_layer(shuffle(f"group: {group}"), (2, 6, *size))
    layer.forward([x], [y])
    for g in range(group):
        for i in range(6 // group):
            np.testing.assert_array_equal(y.data[:, i * group + g], x.data[:, g * (6 // group) + i])
    check_gradients(layer, [x], [y])


def test_one_group_by_default_changes_nothing(make_layer):
    layer, (x,), (y,) = make_layer(shuffle(), (2, 4, 3))
    layer.forward([x], [y])
    np.testing.assert_array_equal(x.data, y.data)


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("group: 4", (1, 6), r"shuffle_channel_param.group: 4 must divide the channels \(6\)"),
        ("group: 0", (1, 6), r"shuffle_channel_param.group: 0 must divide the channels \(6\)"),
        ("", (6,), r"needs a bottom with channels, .*got shape \(6,\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(ShuffleChannel\): {message}"):
        make_layer(shuffle(param), shape)
