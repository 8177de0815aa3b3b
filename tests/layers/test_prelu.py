import numpy as np
import pytest

from cortado.proto import ConfigError


def test_every_channel_has_its_slope(make_layer):
    layer, bottom, top = make_layer('type: "PReLU"', [[[-1, 2], [-3, 4]]])
    layer.weights[0].data[...] = [0.5, 10]
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[[-0.5, 2], [-30, 4]]]


def test_one_slope_for_all_channels(make_layer):
    prototxt = 'type: "PReLU" prelu_param { channel_shared: true }'
    layer, bottom, top = make_layer(prototxt, [[-1, 2], [-3, 4]])
    layer.weights[0].data[...] = 2
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[-2, 2], [-6, 4]]


def test_the_slopes_gradient_is_added_up(make_layer):
    layer, bottom, top = make_layer('type: "PReLU"', [[-1, 2], [-3, -4]])
    layer.forward(bottom, top)
    top[0].diff[...] = [[1, 10], [100, 1000]]
    layer.weights[0].diff[...] = 7
    layer.backward(top, bottom)
    assert layer.weights[0].diff.tolist() == [7 - 1 - 300, 7 - 4000]


def test_a_frozen_slope_has_no_gradient(make_layer):
    layer, bottom, top = make_layer('type: "PReLU"', (2, 3))
    layer.param_propagate_down = [False]
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not layer.weights[0].diff.any()
    assert bottom[0].diff.any()


@pytest.mark.parametrize(
    ("param", "shape", "value"),
    [
        ("", (3,), 0.25),
        ("channel_shared: true", (), 0.25),
        ("filler { value: 0.5 }", (3,), 0.5),
        ("filler { type: 'constant' }", (3,), 0),
    ],
)
def test_slopes_begin_as_the_filler_says(make_layer, param, shape, value):
    layer, _, _ = make_layer(f'type: "PReLU" prelu_param {{ {param} }}', (2, 3, 4))
    layer.fill_weights()
    assert layer.weights[0].shape == shape
    np.testing.assert_array_equal(layer.weights[0].data, np.full(shape, value))


def test_channels_are_required(make_layer):
    with pytest.raises(ConfigError, match=r"needs a bottom with channels, \(N, C, ...\), got \(3,"):
        make_layer('type: "PReLU"', (3,))


def test_another_number_of_channels_is_named(make_layer):
    layer, bottom, top = make_layer('type: "PReLU"', (2, 3))
    bottom[0].reshape(2, 4)
    with pytest.raises(ConfigError, match=r"each of 3 channels; the bottom, \(2, 4\), has 4"):
        layer.reshape(bottom, top)
