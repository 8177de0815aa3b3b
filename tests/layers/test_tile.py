import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def tile(param):
    return f'type: "Tile" tile_param {{ {param} }}'


CASES = [
    ("tiles: 3", (2, 3, 2), 1),
    ("tiles: 2 axis: 0", (2, 3), 0),
    ("tiles: 2 axis: -1", (2, 3), 1),
    ("tiles: 1", (2, 3), 1),
    ("tiles: 4 axis: 0", (3,), 0),
]


@pytest.mark.parametrize(("param", "shape", "axis"), CASES)
def test_the_whole_axis_repeats(make_layer, param, shape, axis):
    layer, bottom, top = make_layer(tile(param), shape)
    layer.forward(bottom, top)
    tiles = np.concatenate([bottom[0].data] * layer.tiles, axis)
    np.testing.assert_array_equal(top[0].data, tiles)


@pytest.mark.parametrize(("param", "shape", "axis"), CASES)
def test_gradient(make_layer, param, shape, axis):
    layer, bottom, top = make_layer(tile(param), shape)
    check_gradients(layer, bottom, top)


def test_a_gradient_nobody_wants_is_not_computed(make_layer):
    layer, bottom, top = make_layer(tile("tiles: 2"), (2, 3))
    layer.propagate_down = [False]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("", "tile_param.tiles is required and must be at least 1"),
        ("tiles: 0", "tile_param.tiles is required and must be at least 1"),
        ("tiles: 2 axis: 2", "tile_param.axis: 2 is out of range"),
    ],
)
def test_errors(make_layer, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Tile\): {message}"):
        make_layer(tile(param), (2, 3))
