import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def embed(param="", size="input_dim: 4 num_output: 3"):
    return f'type: "Embed" embed_param {{ {size} {param} }}'


@pytest.mark.parametrize("param", ["", "bias_term: false"])
@pytest.mark.parametrize("x", [3, [3, 0], [[3, 3, 1], [0, 2, 3]]])
def test_every_index_gives_its_vector(make_layer, param, x):
    layer, bottom, top = make_layer(embed(param), np.array(x))
    layer.forward(bottom, top)
    table, *bias = (weight.data for weight in layer.weights)
    for place, index in np.ndenumerate(x):
        expected = table[index] + (bias[0] if bias else 0)
        np.testing.assert_array_equal(top[0].data[place], expected)
    assert len(layer.weights) == 1 + (param == "")


@pytest.mark.parametrize("param", ["", "bias_term: false"])
@pytest.mark.parametrize("x", [3, [3, 0], [[3, 3, 1], [0, 2, 3]]])
def test_gradient(make_layer, param, x):
    layer, bottom, top = make_layer(embed(param), np.array(x))
    check_gradients(layer, bottom, top)


def test_gradients_are_added_to_what_is_there(make_layer):
    layer, bottom, top = make_layer(embed(), [1, 1])
    layer.forward(bottom, top)
    top[0].diff[...] = [[1, 2, 3], [10, 20, 30]]
    for weight in layer.weights:
        weight.diff[...] = 100
    layer.backward(top, bottom)
    assert layer.weights[0].diff[1].tolist() == [111, 122, 133]
    assert layer.weights[0].diff[[0, 2, 3]].tolist() == [[100] * 3] * 3
    assert layer.weights[1].diff.tolist() == [111, 122, 133]


def test_frozen_weights_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(embed(), [1, 1])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.param_propagate_down = [False, False]
    layer.backward(top, bottom)
    assert not any(weight.diff.any() for weight in layer.weights)


@pytest.mark.parametrize(("index", "written"), [(4, "4"), (-1, "-1"), (np.nan, "nan")])
def test_an_index_out_of_range_is_named_with_its_place(make_layer, index, written):
    layer, bottom, top = make_layer(embed(), [[0, 1], [index, 9]])
    message = (
        rf"^layer 'it' \(Embed\): index {written} at \[1, 0\] of bottom\[0\] is not in \[0, 4\)"
    )
    with pytest.raises(ConfigError, match=message):
        layer.forward(bottom, top)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("input_dim: 4", "embed_param.num_output is required and must be at least 1"),
        ("input_dim: 0 num_output: 3", "embed_param.input_dim is required and must be at least 1"),
    ],
)
def test_sizes_are_required(make_layer, size, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(embed(size=size), [0])


def test_the_indices_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(embed(), [0])
    assert not layer.allows_force_backward(0)
    layer.forward(bottom, top)
    layer.propagate_down = [True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[0\], the indices, a gradient"):
        layer.backward(top, bottom)
