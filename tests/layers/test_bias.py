import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def bias(param=""):
    return f'type: "Bias" bias_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "shape", "bias_shape", "beside"),
    [
        ("", (2, 3, 4), (3,), (3, 1)),
        ("num_axes: 2", (2, 3, 4), (3, 4), (3, 4)),
        ("axis: 0", (2, 3), (2,), (2, 1)),
        ("axis: 0 num_axes: -1", (2, 3), (2, 3), (2, 3)),
        ("num_axes: 0", (2, 3), (), ()),
    ],
)
@pytest.mark.parametrize("is_learned", [True, False])
def test_x_plus_the_bias(make_layer, param, shape, bias_shape, beside, is_learned):
    shapes = [shape] if is_learned else [shape, bias_shape]
    layer, bottom, (y,) = make_layer(bias(param), *shapes)
    b = layer.weights[0] if is_learned else bottom[1]
    assert b.shape == bias_shape
    layer.forward(bottom, [y])
    np.testing.assert_array_equal(y.data, bottom[0].data + b.data.reshape(beside))
    check_gradients(layer, bottom, [y])


@pytest.mark.parametrize("biases", [[], [(3,)]])
def test_in_place_gives_what_two_blobs_give(make_layer, rng, biases):
    layer, bottom, top = make_layer(bias(), (2, 3, 4), *biases)
    dy = rng.standard_normal((2, 3, 4))
    results = []
    for y in (top[0], bottom[0]):
        for weight in layer.weights:
            weight.diff[...] = 0
        layer.reshape(bottom, [y])
        layer.forward(bottom, [y])
        y.diff[...] = dy
        layer.backward([y], bottom)
        results.append([y.data, *(b.diff.copy() for b in (*bottom, *layer.weights))])
    for apart, in_place in zip(*results, strict=True):
        np.testing.assert_array_equal(in_place, apart)
    np.testing.assert_array_equal(results[0][1], dy)


def test_filler_fills_the_bias(make_layer):
    layer, _, _ = make_layer(bias("filler { value: 4 }"), (2, 3))
    layer.fill_weights()
    assert layer.weights[0].data.tolist() == [4, 4, 4]


def test_only_what_is_wanted_is_computed(make_layer):
    layer, bottom, top = make_layer(bias(), (2, 3))
    layer.propagate_down, layer.param_propagate_down = [False], [False]
    layer.backward(top, bottom)
    assert [blob.has_diff for blob in (*bottom, *layer.weights)] == [False, False]


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("axis: 2", [(2, 3)], "bias_param.axis: 2 is out of range"),
        ("num_axes: 2", [(2, 3)], "bias_param.num_axes: 2 axes from axis 1 on are more than"),
        ("", [(2, 3), (2,)], r"bottom\[1\], of shape \(2,\), must match bottom\[0\], of shape"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Bias\): .*{message}"):
        make_layer(bias(param), *shapes)
