import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

UNIT = 'type: "LSTMUnit"'


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("cont", [[0, 1, 1], [1, 0, 0.5]])
def test_forward_matches_the_definition(make_layer, cont):
    layer, bottom, top = make_layer(UNIT, (1, 3, 2), (1, 3, 8), np.array([cont]), tops=2)
    layer.forward(bottom, top)
    for n, d in np.ndindex(3, 2):
        i, f, o, g = bottom[1].data[0, n, d::2]
        c = cont[n] * sigmoid(f) * bottom[0].data[0, n, d] + sigmoid(i) * np.tanh(g)
        np.testing.assert_allclose(top[0].data[0, n, d], c, rtol=1e-12)
        np.testing.assert_allclose(top[1].data[0, n, d], sigmoid(o) * np.tanh(c), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("cont", [[0, 1, 1], [1, 0, 0.5], [1, 1, 1], [1]])
def test_gradient(make_layer, cont, size):
    n = len(cont)
    check_gradients(*make_layer(UNIT, (1, n, size), (1, n, 4 * size), np.array([cont]), tops=2))


def test_bottoms_are_left_as_they_are(make_layer):
    layer, bottom, top = make_layer(UNIT, (1, 3, 2), (1, 3, 8), (1, 3), tops=2)
    before = [blob.data.copy() for blob in bottom]
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    for blob, data in zip(bottom, before, strict=True):
        np.testing.assert_array_equal(blob.data, data)


def test_gradients_that_nobody_reads_are_left_out(make_layer):
    layer, bottom, top = make_layer(UNIT, (1, 3, 2), (1, 3, 8), (1, 3), tops=2)
    layer.forward(bottom, top)
    top[1].diff[...] = 1
    for blob in bottom:
        blob.diff[...] = 7
    layer.propagate_down = [False, False, False]
    layer.backward(top, bottom)
    assert all((blob.diff == 7).all() for blob in bottom)


def test_cont_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(UNIT, (1, 3, 2), (1, 3, 8), (1, 3), tops=2)
    assert not layer.allows_force_backward(2)
    layer.propagate_down = [True, True, True]
    with pytest.raises(ConfigError, match=r"has no gradient for bottom\[2\]"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 2), (1, 3, 8), (1, 3)], r"c_prev \(1, N, D\), got shape \(3, 2\)"),
        ([(2, 3, 2), (2, 3, 8), (2, 3)], r"c_prev \(1, N, D\), got shape \(2, 3, 2\)"),
        ([(1, 3, 2), (1, 3, 6), (1, 3)], r"gates .* = \(1, 3, 8\).*got shape \(1, 3, 6\)"),
        ([(1, 3, 2), (1, 4, 8), (1, 3)], r"gates .* = \(1, 3, 8\).*got shape \(1, 4, 8\)"),
        ([(1, 3, 2), (1, 3, 8), (3,)], r"cont .* = \(1, 3\).*got shape \(3,\)"),
    ],
)
def test_bad_shapes_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(LSTMUnit\): .*{message}"):
        make_layer(UNIT, *shapes, tops=2)
