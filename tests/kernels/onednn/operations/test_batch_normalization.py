import numpy as np
import pytest

from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Normalization
from cortado.kernels.onednn.operations import batch_normalization

EPSILON = 1e-3
LEARNED = Normalization.SCALE | Normalization.SHIFT


@pytest.fixture(params=[(4, 3, 5, 6), (2, 32, 7, 7), (3, 17, 4), (2, 6, 3, 2, 4)], ids=str)
def arrays(request, rng):
    x, dy = rng.standard_normal((2, *request.param))
    x = 2 * x + 5
    scale, shift = rng.standard_normal((2, request.param[1]))
    return x, dy, scale, shift


def definition(x, dy, scale, shift):
    """y, mean, variance, dx, dscale, dshift, in float64."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *(1,) * (x.ndim - 2))
    mean, variance = x.mean(axes), x.var(axes)
    root = np.sqrt(variance + EPSILON).reshape(shape)
    normal = (x - mean.reshape(shape)) / root
    dscale, dshift = (dy * normal).sum(axes), dy.sum(axes)
    count = x.size / x.shape[1]
    rest = dy - (dshift.reshape(shape) + normal * dscale.reshape(shape)) / count
    dx = scale.reshape(shape) * rest / root
    y = scale.reshape(shape) * normal + shift.reshape(shape)
    return y, mean, variance, dx, dscale, dshift


def concrete(layout, x):
    """The layouts that x may come in; it is never chosen."""
    return Descriptor.plain(x.shape) if layout == Descriptor.unspecified else layout(x.shape)


def assert_close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)


def test_training(arrays, layout, compute):
    x, dy, scale, shift = arrays
    y, mean, variance, dx, dscale, dshift = definition(*arrays)
    array = concrete(layout, x)
    forward = batch_normalization.forward(array, array, EPSILON, LEARNED)
    inputs = {Argument.X: x, Argument.SCALE: scale, Argument.SHIFT: shift}
    results, memories = compute(forward, inputs)
    assert_close(results[Argument.Y], y)
    assert_close(results[Argument.MEAN], mean)
    assert_close(results[Argument.VARIANCE], variance)

    backward = batch_normalization.backward(array, array, array, EPSILON, LEARNED, forward)
    kept = {a: memories[a] for a in (Argument.X, Argument.MEAN, Argument.VARIANCE)}
    results, _ = compute(backward, {Argument.DY: dy, Argument.SCALE: scale}, kept)
    assert_close(results[Argument.DX], dx)
    assert_close(results[Argument.DSCALE], dscale)
    assert_close(results[Argument.DSHIFT], dshift)


def test_given_statistics(arrays, layout, compute):
    x, dy, *_ = arrays
    mean, variance = np.full(x.shape[1], 4.0), np.linspace(1, 2, x.shape[1])
    shape = (1, -1, *(1,) * (x.ndim - 2))
    root = np.sqrt(variance + EPSILON).reshape(shape)
    array, flags = concrete(layout, x), Normalization.GIVEN_STATISTICS
    inputs = {Argument.X: x, Argument.MEAN: mean, Argument.VARIANCE: variance}
    for training in (True, False):
        forward = batch_normalization.forward(array, array, EPSILON, flags, training=training)
        results, _ = compute(forward, inputs)
        assert_close(results[Argument.Y], (x - mean.reshape(shape)) / root)
    forward = batch_normalization.forward(array, array, EPSILON, flags)
    backward = batch_normalization.backward(array, array, array, EPSILON, flags, forward)
    results, _ = compute(backward, inputs | {Argument.DY: dy})
    assert_close(results[Argument.DX], dy / root)


def test_relu_inside(arrays, compute):
    x, dy, scale, shift = arrays
    y = definition(*arrays)[0]
    array, flags = Descriptor.channels_last(x.shape), LEARNED | Normalization.RELU
    forward = batch_normalization.forward(array, array, EPSILON, flags)
    inputs = {Argument.X: x, Argument.SCALE: scale, Argument.SHIFT: shift}
    results, memories = compute(forward, inputs)
    assert_close(results[Argument.Y], np.maximum(y, 0))
    backward = batch_normalization.backward(array, array, array, EPSILON, flags, forward)
    names = (Argument.X, Argument.MEAN, Argument.VARIANCE, Argument.WORKSPACE)
    kept = {a: memories[a] for a in names}
    results, _ = compute(backward, {Argument.DY: dy, Argument.SCALE: scale}, kept)
    assert_close(results[Argument.DX], definition(x, dy * (y > 0), scale, shift)[3])


def test_the_variance_survives_a_large_mean(rng, compute):
    x = (1000 + rng.standard_normal((8, 16, 10, 10))).astype("f")
    array = Descriptor.plain(x.shape)
    results, _ = compute(batch_normalization.forward(array, array, EPSILON), {Argument.X: x})
    exact = x.astype("d").var(axis=(0, 2, 3))
    np.testing.assert_allclose(results[Argument.VARIANCE], exact, rtol=1e-4)
