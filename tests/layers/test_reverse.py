import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("axis", "expected"),
    [(None, [[3, 4, 5], [0, 1, 2]]), (1, [[2, 1, 0], [5, 4, 3]]), (-1, [[2, 1, 0], [5, 4, 3]])],
)
def test_one_axis_runs_backwards(make_layer, axis, expected):
    param = "" if axis is None else f"reverse_param {{ axis: {axis} }}"
    layer, bottom, top = make_layer(f'type: "Reverse" {param}', np.arange(6).reshape(2, 3))
    layer.forward(bottom, top)
    assert top[0].data.tolist() == expected


def test_gradient(make_layer):
    check_gradients(*make_layer('type: "Reverse" reverse_param { axis: 1 }', (2, 3, 2)))


def test_an_axis_that_is_not_there_is_named(make_layer):
    with pytest.raises(ConfigError, match=r"\(Reverse\): reverse_param.axis: 2 is out of range"):
        make_layer('type: "Reverse" reverse_param { axis: 2 }', (2, 3))


def test_it_cannot_work_in_place(make_layer):
    layer, bottom, _ = make_layer('type: "Reverse"', (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
