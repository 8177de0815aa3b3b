import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def parameter(*dims):
    dims = " ".join(f"dim: {n}" for n in dims)
    return f'type: "Parameter" parameter_param {{ shape {{ {dims} }} }}'


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_the_top_is_the_weight(make_layer, shape):
    layer, bottom, top = make_layer(parameter(*shape))
    layer.forward(bottom, top)
    assert top[0].shape == layer.weights[0].shape == shape
    np.testing.assert_array_equal(top[0].data, layer.weights[0].data)
    check_gradients(layer, bottom, top)


def test_the_top_follows_a_weight_that_moves(make_layer):
    layer, bottom, top = make_layer(parameter(3))
    flat = np.zeros(3)
    layer.weights[0].bind(flat)
    flat[...] = [1, 2, 3]
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [1, 2, 3]


def test_the_gradients_of_several_passes_add_up(make_layer):
    layer, bottom, top = make_layer(parameter(2))
    for gradient in (1, 10):
        layer.forward(bottom, top)
        top[0].diff[...] = gradient
        layer.backward(top, bottom)
    assert layer.weights[0].diff.tolist() == [11, 11]


def test_a_frozen_weight_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(parameter(2))
    layer.param_propagate_down = [False]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not layer.weights[0].diff.any()


def test_negative_sizes_are_named(make_layer):
    message = r"^layer 'it' \(Parameter\): parameter_param.shape: \[2, -1\] must not be negative"
    with pytest.raises(ConfigError, match=message):
        make_layer(parameter(2, -1))
