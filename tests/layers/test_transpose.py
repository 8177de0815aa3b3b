import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def transpose(*dim):
    return f'type: "Transpose" transpose_param {{ dim: [{", ".join(map(str, dim))}] }}'


@pytest.mark.parametrize("dim", [(2, 0, 1), (0, 1, 2), (1, 2, 0)])
def test_axis_i_of_the_top_is_axis_dim_i_of_the_bottom(make_layer, dim):
    layer, bottom, top = make_layer(transpose(*dim), (2, 3, 4))
    layer.forward(bottom, top)
    assert top[0].shape == tuple((2, 3, 4)[axis] for axis in dim)
    for place in np.ndindex(2, 3, 4):
        assert top[0].data[tuple(place[axis] for axis in dim)] == bottom[0].data[place]


def test_gradient(make_layer):
    check_gradients(*make_layer(transpose(3, 2, 0, 1), (2, 3, 2, 2)))


@pytest.mark.parametrize("dim", [(0, 1), (0, 1, 1), (0, 1, 3), ()])
def test_an_order_that_does_not_fit_is_named(make_layer, dim):
    with pytest.raises(ConfigError, match=r"\(Transpose\): transpose_param.dim: \[.*each axis"):
        make_layer(transpose(*dim), (2, 3, 4))


def test_it_cannot_work_in_place(make_layer):
    layer, bottom, _ = make_layer(transpose(0, 1), (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
