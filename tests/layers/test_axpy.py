import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

SHAPES = [((2, 3), (2, 3)), ((2, 3), (2, 3, 4)), ((2, 3, 1, 1), (2, 3, 4, 2)), ((1, 1), (1, 1, 2))]


@pytest.mark.parametrize(("factors", "shape"), SHAPES)
def test_definition_and_gradient(make_layer, factors, shape):
    layer, (a, x, z), (y,) = make_layer('type: "Axpy"', factors, shape, shape)
    layer.forward([a, x, z], [y])
    for n in range(shape[0]):
        for c in range(shape[1]):
            expected = a.data[n, c].item() * x.data[n, c] + z.data[n, c]
            np.testing.assert_allclose(y.data[n, c], expected, rtol=1e-14)
    check_gradients(layer, [a, x, z], [y])


def test_the_summand_may_be_the_top(make_layer, rng):
    layer, (a, x, z), (y,) = make_layer('type: "Axpy"', (2, 3), (2, 3, 4), (2, 3, 4))
    layer.forward([a, x, z], [y])
    expected, dy = y.data.copy(), rng.standard_normal(y.shape)
    y.diff[...] = dy
    layer.backward([y], [a, x, z])
    gradients = [blob.diff.copy() for blob in (a, x, z)]
    layer.reshape([a, x, z], [z])
    layer.forward([a, x, z], [z])
    np.testing.assert_array_equal(z.data, expected)
    z.diff[...] = dy
    layer.backward([z], [a, x, z])
    for blob, gradient in zip((a, x, z), gradients, strict=True):
        np.testing.assert_array_equal(blob.diff, gradient)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (2, 3, 5), (2, 3, 5)), r"bottom\[0\] has shape \(2, 4\); needs \(2, 3\)"),
        (((2, 3, 5), (2, 3, 5), (2, 3, 5)), r"bottom\[0\] has shape \(2, 3, 5\); needs \(2, 3\)"),
        (((2, 3), (2, 3, 5), (2, 3)), r"bottom\[2\] has shape \(2, 3\), bottom\[1\] \(2, 3, 5\)"),
        (((2,), (2,), (2,)), r"needs a bottom\[1\] with channels, .*got shape \(2,\)"),
        (((2, 3), (2, 3)), "takes 3 bottom blobs, got 2"),
    ],
)
def test_errors(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Axpy\): {message}"):
        make_layer('type: "Axpy"', *shapes)


def test_the_scaled_blob_cannot_be_the_top(make_layer):
    layer, bottom, _ = make_layer('type: "Axpy"', (2, 3), (2, 3), (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, [bottom[1]])
