import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

SHAPES_AND_AXES = [((3, 4), 1), ((2, 3, 4, 2), 1), ((2, 3, 4), -1), ((3, 2), 0), ((2, 1, 3), 1)]


def softmax(axis=1):
    return f'type: "Softmax" softmax_param {{ axis: {axis} }}'


@pytest.mark.parametrize(("shape", "axis"), SHAPES_AND_AXES)
def test_exponentials_are_divided_by_their_sum(make_layer, shape, axis):
    layer, (x,), (y,) = make_layer(softmax(axis), shape)
    layer.forward([x], [y])
    powers = np.exp(x.data)
    np.testing.assert_allclose(y.data, powers / powers.sum(axis=axis, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize(("shape", "axis"), SHAPES_AND_AXES)
def test_gradient(make_layer, shape, axis):
    check_gradients(*make_layer(softmax(axis), shape))


def test_large_scores_do_not_overflow(make_layer):
    layer, bottom, top = make_layer(softmax(), [[1e4, 1e4, -1e4]], dtype="float32")
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[0.5, 0.5, 0]]


def test_scores_of_a_diverged_net_give_nan(make_layer):
    layer, bottom, top = make_layer(softmax(), [[np.inf, 0], [0, 0]])
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [[np.nan, np.nan], [0.5, 0.5]])


def test_in_place_gives_what_two_blobs_give(make_layer, rng):
    layer, bottom, top = make_layer(softmax(), (2, 3, 4))
    dy = rng.standard_normal((2, 3, 4))
    layer.forward(bottom, top)
    top[0].diff[...] = dy
    layer.backward(top, bottom)
    y, dx = top[0].data.copy(), bottom[0].diff.copy()

    layer.reshape(bottom, bottom)
    layer.forward(bottom, bottom)
    np.testing.assert_array_equal(bottom[0].data, y)
    bottom[0].diff[...] = dy
    layer.backward(bottom, bottom)
    np.testing.assert_array_equal(bottom[0].diff, dx)


def test_an_axis_that_is_not_there_is_named(make_layer):
    message = r"layer 'it' \(Softmax\): softmax_param.axis: 2 is out of range .* 2 axes"
    with pytest.raises(ConfigError, match=message):
        make_layer(softmax(2), (3, 4))
