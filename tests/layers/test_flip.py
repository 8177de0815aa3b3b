import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def flip(fields=""):
    return f'type: "Flip" flip_param {{ {fields} }}'


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", [[2, 1, 0], [5, 4, 3]]),
        ("flip_height: true", [[5, 4, 3], [2, 1, 0]]),
        ("flip_width: false flip_height: true", [[3, 4, 5], [0, 1, 2]]),
        ("flip_width: false", [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_rows_and_columns_are_turned_around(make_layer, fields, expected):
    layer, bottom, top = make_layer(flip(fields), np.arange(6).reshape(1, 1, 2, 3))
    layer.forward(bottom, top)
    assert top[0].data[0, 0].tolist() == expected


@pytest.mark.parametrize("fields", ["", "flip_height: true"])
def test_gradient(make_layer, fields):
    check_gradients(*make_layer(flip(fields), (2, 2, 3, 4)))


def test_other_shapes_are_named(make_layer):
    with pytest.raises(ConfigError, match=r"\(Flip\): the bottom must be .* got shape \(2, 3\)"):
        make_layer(flip(), (2, 3))


def test_it_cannot_work_in_place(make_layer):
    layer, bottom, _ = make_layer(flip(), (1, 1, 2, 2))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
