import itertools

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu
from cortado.kernels.cpu import convolution as im2col_convolution

# (x_shape, num_output, kernel, stride, pad, dilation, group)
GEOMETRIES = {
    "plain": ((2, 3, 6, 5), 4, (3, 3), (1, 1), (0, 0), (1, 1), 1),
    "stride and pad": ((2, 3, 7, 6), 4, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    "rectangular": ((3, 2, 7, 5), 2, (3, 1), (1, 2), (0, 1), (1, 1), 1),
    "dilated": ((1, 2, 7, 8), 3, (2, 3), (1, 1), (1, 1), (3, 2), 1),
    "grouped": ((2, 4, 5, 5), 6, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "depthwise": ((2, 3, 5, 5), 3, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    "depthwise, 2 maps each": ((2, 3, 5, 5), 6, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    "stride leaves a rest": ((1, 2, 6, 6), 2, (3, 3), (2, 2), (0, 0), (1, 1), 1),
    "kernel 1, stride 2": ((2, 3, 5, 5), 2, (1, 1), (2, 2), (0, 0), (1, 1), 1),
    "pointwise": ((2, 3, 4, 5), 2, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "pointwise, grouped": ((2, 4, 3, 3), 6, (1, 1), (1, 1), (0, 0), (1, 1), 2),
    "time": ((2, 3, 9), 2, (3,), (2,), (1,), (1,), 1),
    "volume": ((2, 2, 4, 5, 3), 3, (2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
    "volume, pointwise": ((2, 2, 2, 3, 2), 3, (1, 1, 1), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1),
    "no spatial axes": ((3, 4), 2, (), (), (), (), 1),
}


@pytest.fixture(params=GEOMETRIES.values(), ids=GEOMETRIES.keys())
def geometry(request):
    x_shape, num_output, *window, group = request.param
    return x_shape, num_output, Window(*window), group


@pytest.fixture(params=[4 << 20, 700, 1], ids=["one chunk", "chunks", "rows"])
def column_bytes(request, monkeypatch):
    monkeypatch.setattr(im2col_convolution, "COLUMN_BYTES", request.param)


def products(x_shape, num_output, window, group):
    """The definition: every (index of y, index of x, index of filters) that convolution joins."""
    n, c, *size = x_shape
    out = window.output_size(tuple(size))
    per_group, maps_per_group = c // group, num_output // group
    for i, k, o, f in itertools.product(
        range(n), range(num_output), np.ndindex(*out), range(per_group)
    ):
        for tap in np.ndindex(*window.kernel):
            place = tuple(
                a * s - p + t * d
                for a, s, p, t, d in zip(
                    o, window.stride, window.pad, tap, window.dilation, strict=True
                )
            )
            if all(0 <= a < length for a, length in zip(place, size, strict=True)):
                channel = k // maps_per_group * per_group + f
                yield (i, k, *o), (i, channel, *place), (k, f, *tap)


def arrays(rng, geometry):
    x_shape, num_output, window, group = geometry
    out = window.output_size(tuple(x_shape[2:]))
    x = rng.standard_normal(x_shape)
    filters = rng.standard_normal((num_output, x_shape[1] // group, *window.kernel))
    dy = rng.standard_normal((x_shape[0], num_output, *out))
    return x, filters, dy


@pytest.mark.usefixtures("column_bytes")
def test_forward(rng, geometry):
    x, filters, y = arrays(rng, geometry)
    bias = rng.standard_normal(len(filters))
    expected = np.zeros_like(y) + bias.reshape(-1, *(1,) * (y.ndim - 2))
    for at_y, at_x, at_filters in products(*geometry):
        expected[at_y] += x[at_x] * filters[at_filters]
    kernel = cpu.prepare_convolution(*geometry, "float64")
    kernel.forward(x, filters, bias, y)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    kernel.forward(x, filters, None, y)
    np.testing.assert_allclose(
        y, expected - bias.reshape(-1, *(1,) * (y.ndim - 2)), rtol=1e-12, atol=1e-12
    )


@pytest.mark.usefixtures("column_bytes")
def test_backward_data_writes(rng, geometry):
    x, filters, dy = arrays(rng, geometry)
    expected = np.zeros_like(x)
    for at_y, at_x, at_filters in products(*geometry):
        expected[at_x] += dy[at_y] * filters[at_filters]
    kernel = cpu.prepare_convolution(*geometry, "float64")
    for _ in range(2):
        dx = rng.standard_normal(x.shape)
        kernel.backward_data(dy, filters, dx)
        np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("column_bytes")
def test_backward_filters_and_bias_add(rng, geometry):
    x, filters, dy = arrays(rng, geometry)
    dfilters, dbias = rng.standard_normal(filters.shape), rng.standard_normal(len(filters))
    expected = dfilters.copy()
    for at_y, at_x, at_filters in products(*geometry):
        expected[at_filters] += dy[at_y] * x[at_x]
    expected_bias = dbias + np.moveaxis(dy, 1, 0).reshape(len(dbias), -1).sum(axis=1)
    kernel = cpu.prepare_convolution(*geometry, "float64")
    kernel.backward_filters(x, dy, dfilters)
    kernel.backward_bias(dy, dbias)
    np.testing.assert_allclose(dfilters, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dbias, expected_bias, rtol=1e-12, atol=1e-12)


def test_backward_data_does_not_disturb_forward(rng):
    x_shape, num_output, *window, group = GEOMETRIES["stride and pad"]
    geometry = x_shape, num_output, Window(*window), group
    x, filters, dy = arrays(rng, geometry)
    kernel = cpu.prepare_convolution(*geometry, "float64")
    first, second, dx = np.empty_like(dy), np.empty_like(dy), np.empty_like(x)
    kernel.forward(x, filters, None, first)
    kernel.backward_data(dy, filters, dx)
    kernel.forward(x, filters, None, second)
    np.testing.assert_array_equal(first, second)


def test_float32_agrees_with_float64(rng, geometry):
    x, filters, dy = arrays(rng, geometry)
    results = []
    for dtype in ("float32", "float64"):
        x_, filters_, dy_ = (a.astype(dtype) for a in (x, filters, dy))
        y, dx, dfilters = np.empty_like(dy_), np.empty_like(x_), np.zeros_like(filters_)
        kernel = cpu.prepare_convolution(*geometry, dtype)
        kernel.forward(x_, filters_, None, y)
        kernel.backward_data(dy_, filters_, dx)
        kernel.backward_filters(x_, dy_, dfilters)
        results.append((y, dx, dfilters))
    for single, double in zip(*results, strict=True):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-4)


def test_deconvolution_is_the_transposed_convolution(rng):
    window = Window((3, 2), (2, 3), (1, 0), (1, 2))
    x = rng.standard_normal((2, 4, 3, 4))
    filters = rng.standard_normal((4, 3, 3, 2))
    bias = rng.standard_normal(6)
    out = window.transposed_size((3, 4))
    assert window.output_size(out) == (3, 4)

    expected = np.zeros((2, 6, *out)) + bias[:, None, None]
    dy = rng.standard_normal(expected.shape)
    expected_dx, dfilters = np.zeros_like(x), rng.standard_normal(filters.shape)
    expected_dfilters = dfilters.copy()
    # The convolution that it transposes takes its y to its x.
    for at_x, at_y, at_filters in products(dy.shape, 4, window, 2):
        expected[at_y] += x[at_x] * filters[at_filters]
        expected_dx[at_x] += dy[at_y] * filters[at_filters]
        expected_dfilters[at_filters] += dy[at_y] * x[at_x]

    kernel = cpu.prepare_deconvolution(x.shape, 6, window, 2, "float64")
    y, dx, dbias = np.empty_like(dy), np.empty_like(x), np.ones(6)
    kernel.forward(x, filters, bias, y)
    kernel.backward_data(dy, filters, dx)
    kernel.backward_filters(x, dy, dfilters)
    kernel.backward_bias(dy, dbias)
    for got, wanted in [
        (y, expected),
        (dx, expected_dx),
        (dfilters, expected_dfilters),
        (dbias, 1 + dy.sum(axis=(0, 2, 3))),
    ]:
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("column_bytes")
def test_im2col_and_its_adjoint(rng):
    window = Window((3, 2), (2, 1), (1, 1), (1, 2))
    x = rng.standard_normal((3, 2, 6, 5))
    out = window.output_size((6, 5))
    columns = np.zeros((3, 2, 3, 2, *out))
    dy = rng.standard_normal((3, 12, *out))
    expected_dx = np.zeros_like(x)
    for n, c, i, j, oh, ow in np.ndindex(*columns.shape):
        h, w = oh * 2 - 1 + i, ow - 1 + 2 * j
        if 0 <= h < 6 and 0 <= w < 5:
            columns[n, c, i, j, oh, ow] = x[n, c, h, w]
            expected_dx[n, c, h, w] += dy.reshape(columns.shape)[n, c, i, j, oh, ow]
    kernel = cpu.prepare_im2col(x.shape, window, "float64")
    y, dx = np.empty_like(dy), np.empty_like(x)
    kernel.forward(x, y)
    np.testing.assert_array_equal(y, columns.reshape(y.shape))
    kernel.backward(dy, dx)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-12)
