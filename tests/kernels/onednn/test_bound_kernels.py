"""The calls that kernels without filters bind to arrays, plain and channels-last."""

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu, onednn

pytestmark = pytest.mark.usefixtures("needs_onednn")


POOLINGS = {
    "last window hangs over": ((2, 20, 6, 6), (3, 3), (2, 2), (0, 0), True),
    "padded, last window hangs over": ((2, 5, 6, 7), (3, 3), (2, 2), (1, 1), True),
    "padded, last window clipped": ((2, 3, 5, 5), (2, 2), (2, 2), (1, 1), True),
    "whole plane": ((2, 16, 5, 3), (5, 3), (1, 1), (0, 0), True),
    "time": ((2, 16, 9), (3,), (2,), (1,), True),
    "volume": ((1, 5, 4, 5, 3), (2, 3, 2), (2, 1, 1), (1, 1, 0), True),
}


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("method", ["max", "average"])
@pytest.mark.parametrize("flag", [True, False])
def test_pooling(rng, name, method, flag, layouts, laid, run_calls, assert_close):
    """The flag is keep_index, which backward needs, or count_padding."""
    x_shape, size, stride, pad, round_up = POOLINGS[name]
    window = Window(size, stride, pad, (1,) * len(size))
    out = window.pooled_size(x_shape[2:], round_up)
    x, dy = rng.standard_normal(x_shape), rng.standard_normal((*x_shape[:2], *out))
    y, dx = np.empty(dy.shape), np.empty(x_shape)
    prepare = f"prepare_{method}_pooling"
    exact = getattr(cpu, prepare)(x_shape, window, out, "float64", method == "max" or flag)
    exact.forward(x, y)
    exact.backward(dy, dx)
    kernel = getattr(onednn, prepare)(x_shape, window, out, "float32", flag, channels_last=layouts)
    x_, y_ = laid(x, layouts[0]), laid(np.zeros(dy.shape), layouts[1])
    run_calls(kernel.bind_forward(x_, y_))
    assert_close(y_, y, 1e-5)
    if method == "max" and not flag:
        return
    dy_, dx_ = laid(dy, layouts[1]), laid(np.ones(x_shape), layouts[0])
    run_calls(kernel.bind_backward(dy_, dx_))
    assert_close(dx_, dx, 1e-5)
    np.testing.assert_array_equal(dy_, laid(dy, False))


@pytest.mark.parametrize("x_shape", [(2, 16, 7, 6), (3, 20, 5, 5), (2, 33, 2, 3, 2)])
def test_lrn(rng, x_shape, layouts, laid, run_calls, assert_close):
    constants = (5, 0.3, 0.75, 2.0)
    x, dy = rng.standard_normal(x_shape), rng.standard_normal(x_shape)
    y, dx = np.empty(x_shape), np.empty(x_shape)
    exact = cpu.prepare_lrn_across_channels(x_shape, *constants, "float64")
    exact.forward(x, y)
    exact.backward(x, y, dy, dx)
    kernel = onednn.prepare_lrn_across_channels(
        x_shape, *constants, "float32", channels_last=layouts
    )
    x_, y_ = laid(x, layouts[0]), laid(np.zeros(x_shape), layouts[1])
    dy_, dx_ = laid(dy, layouts[1]), laid(np.zeros(x_shape), layouts[0])
    run_calls(kernel.bind_forward(x_, y_))
    run_calls(kernel.bind_backward(x_, y_, dy_, dx_))
    assert_close(y_, y)
    assert_close(dx_, dx)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("given", [False, True], ids=["measured", "given statistics"])
@pytest.mark.parametrize("x_shape", [(4, 16, 5, 6), (3, 7, 4, 4), (6, 5, 9), (2, 3, 3, 4, 5)])
def test_batch_normalization(
    rng, x_shape, given, relu, channels_last, laid, run_calls, assert_close
):
    channels, epsilon = x_shape[1], 1e-3
    kernel = onednn.prepare_batch_normalization(
        x_shape,
        epsilon,
        "float32",
        scales=True,
        shifts=True,
        relu=relu,
        given_statistics=given,
        channels_last=(channels_last, channels_last),
    )
    x, dy = 2 * rng.standard_normal(x_shape) + 3, rng.standard_normal(x_shape)
    s, b = rng.uniform(0.5, 2, channels), rng.standard_normal(channels)
    axes, column = (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))
    mean, variance = x.mean(axes), x.var(axes)
    if given:
        mean, variance = mean + 0.5, variance * 2
        kernel.mean[...], kernel.variance[...] = mean, variance
    inverse = (variance + epsilon) ** -0.5
    normal = (x - mean.reshape(column)) * inverse.reshape(column)
    y = normal * s.reshape(column) + b.reshape(column)
    dy_in = np.where(y > 0, dy, 0) if relu else dy
    ds, db = (dy_in * normal).sum(axes), dy_in.sum(axes)
    dx = dy_in
    if not given:
        count = x.size / channels
        dx = dx - (db.reshape(column) + normal * ds.reshape(column)) / count
    dx = dx * (s * inverse).reshape(column)

    x_, y_ = laid(x, channels_last), laid(np.zeros(x_shape), channels_last)
    dy_, dx_ = laid(dy, channels_last), laid(np.zeros(x_shape), channels_last)
    s_, b_, ds_, db_ = (np.array(a, "f") for a in (s, b, s, b))
    run_calls(kernel.bind_forward(x_, s_, b_, y_))
    run_calls(kernel.bind_backward(x_, s_, dy_, dx_, ds_, db_))
    assert_close(y_, np.maximum(y, 0) if relu else y)
    assert_close(kernel.mean, mean)
    assert_close(kernel.variance, variance)
    assert_close(ds_, ds)
    assert_close(db_, db)
    assert_close(dx_, dx)


FUNCTIONS = {
    "Sigmoid": (0.0, lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
    "TanH": (0.0, np.tanh, lambda y: 1 - y * y),
    "ELU": (
        0.7,
        lambda x: np.where(x > 0, x, 0.7 * np.expm1(x)),
        lambda y: np.where(y > 0, 1, y + 0.7),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("channels_last", [False, True])
def test_activations(rng, name, channels_last, laid, run_calls, assert_close):
    alpha, function, derivative = FUNCTIONS[name]
    x, dy = 3 * rng.standard_normal((2, 5, 3, 4)), rng.standard_normal((2, 5, 3, 4))
    alike = (channels_last, channels_last)
    kernel = onednn.prepare_activation(name, x.size, alpha, "float32", channels_last=alike)
    x_, dy_ = laid(x, channels_last), laid(dy, channels_last)
    y_, dx_ = np.empty_like(x_), np.empty_like(x_)
    run_calls(kernel.bind_forward(x_, y_))
    run_calls(kernel.bind_backward(y_, dy_, dx_))
    assert_close(y_, function(x), 1e-5)
    assert_close(dx_, dy * derivative(function(x)), 1e-5)
    run_calls(kernel.bind_forward(x_, x_))  # in place
    assert_close(x_, function(x), 1e-5)


@pytest.mark.parametrize("weights", [[1.0], [0.5], [1.0, 1.0], [2.0, -1.0], [1.0, 1.0, 1.0]])
@pytest.mark.parametrize("channels_last", [False, True])
def test_sums(rng, weights, channels_last, laid, run_calls, assert_close):
    xs = [laid(rng.standard_normal((2, 3, 4, 5)), channels_last) for _ in weights]
    alike = (channels_last, channels_last)
    kernel = onednn.prepare_sum(xs[0].size, weights, "float32", channels_last=alike)
    total = sum(w * x for w, x in zip(weights, xs, strict=True))
    y = np.empty_like(xs[0])
    run_calls(kernel.bind_forward(xs, y))
    assert_close(y, total, 1e-6)
    if kernel.applies_relu:
        run_calls(kernel.bind_forward(xs, y, slope=0.1))
        assert_close(y, np.where(total > 0, total, 0.1 * total), 1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("channels_last", [False, True])
def test_concatenation(rng, axis, channels_last, laid, run_calls):
    shapes = [[2, 3, 4, 5] for _ in range(3)]
    for i, shape in enumerate(shapes):
        shape[axis] = 2 * i + 1
    xs = [laid(rng.standard_normal(shape), channels_last) for shape in shapes]
    alike = (channels_last, channels_last)
    kernel = onednn.prepare_concatenation(
        [tuple(shape) for shape in shapes], axis, "float32", channels_last=alike
    )
    y = laid(np.zeros(np.concatenate(xs, axis).shape), channels_last)
    run_calls(kernel.bind_forward(xs, y))
    np.testing.assert_array_equal(y, np.concatenate(xs, axis))
    dxs = [np.empty_like(xs[0]), None, np.empty_like(xs[2])]
    run_calls(kernel.bind_backward(y, dxs))
    np.testing.assert_array_equal(dxs[0], xs[0])
    np.testing.assert_array_equal(dxs[2], xs[2])
