"""The kernels on plain arrays, against those of kernels.cpu in float64."""

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu, onednn

pytestmark = pytest.mark.usefixtures("needs_onednn")

# (x_shape, num_output, kernel, stride, pad, dilation, group)
FILTERINGS = {
    "few channels": ((2, 3, 11, 9), 20, (5, 5), (2, 2), (2, 2), (1, 1), 1),
    "odd channels": ((2, 33, 7, 6), 17, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "whole tiles": ((1, 64, 8, 8), 32, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    "rectangular, dilated": ((1, 16, 9, 9), 16, (3, 2), (1, 2), (0, 1), (2, 3), 1),
    "grouped": ((2, 32, 5, 5), 64, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "odd groups": ((2, 6, 5, 5), 9, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    "depthwise": ((2, 20, 5, 6), 20, (3, 3), (2, 2), (1, 1), (1, 1), 20),
    "pointwise": ((2, 19, 4, 5), 21, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "pointwise, grouped": ((2, 32, 4, 5), 16, (1, 1), (1, 1), (0, 0), (1, 1), 4),
    "upsampling": ((1, 10, 4, 4), 10, (4, 4), (2, 2), (1, 1), (1, 1), 10),
    "time": ((2, 8, 9), 16, (3,), (2,), (1,), (1,), 1),
    "volume": ((1, 16, 4, 5, 3), 3, (2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
}


@pytest.fixture(params=FILTERINGS.values(), ids=FILTERINGS.keys())
def filtering(request):
    x_shape, num_output, *window, group = request.param
    return x_shape, num_output, Window(*window), group


def single(rng, *shape):
    return rng.standard_normal(shape).astype("float32")


def assert_close(got, expected):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5 * scale)


def check_filtering(rng, prepare, reference, geometry, filters_shape, out):
    x_shape, num_output, _, _ = geometry
    kernel, exact = prepare(*geometry, "float32"), reference(*geometry, "float64")
    for _ in range(2):  # new arrays, new filters, the same kernel
        x, filters, bias = single(rng, *x_shape), single(rng, *filters_shape), single(rng, out[1])
        dy, dfilters, dbias = single(rng, *out), single(rng, *filters_shape), single(rng, out[1])
        x_, filters_, bias_, dy_, dfilters_, dbias_ = (
            a.astype("float64") for a in (x, filters, bias, dy, dfilters, dbias)
        )
        y, dx, y_, dx_ = np.empty_like(dy), np.empty_like(x), np.empty_like(dy_), np.empty_like(x_)
        for b, b_ in [(bias, bias_), (None, None)]:
            kernel.forward(x, filters, b, y)
            exact.forward(x_, filters_, b_, y_)
            assert_close(y, y_)
        kernel.backward_data(dy, filters, dx)
        kernel.backward_filters(x, dy, dfilters)
        kernel.backward_bias(dy, dbias)
        exact.backward_data(dy_, filters_, dx_)
        exact.backward_filters(x_, dy_, dfilters_)
        exact.backward_bias(dy_, dbias_)
        assert_close(dx, dx_)
        assert_close(dfilters, dfilters_)
        assert_close(dbias, dbias_)


def test_convolution(rng, filtering):
    x_shape, num_output, window, group = filtering
    filters_shape = (num_output, x_shape[1] // group, *window.kernel)
    out = (x_shape[0], num_output, *window.output_size(x_shape[2:]))
    check_filtering(
        rng, onednn.prepare_convolution, cpu.prepare_convolution, filtering, filters_shape, out
    )


def test_deconvolution(rng, filtering):
    x_shape, num_output, window, group = filtering
    filters_shape = (x_shape[1], num_output // group, *window.kernel)
    out = (x_shape[0], num_output, *window.transposed_size(x_shape[2:]))
    check_filtering(
        rng, onednn.prepare_deconvolution, cpu.prepare_deconvolution, filtering, filters_shape, out
    )


def test_arrays_may_start_anywhere(rng):
    geometry = (1, 16, 6, 6), 16, Window((3, 3), (1, 1), (1, 1), (1, 1)), 1
    kernel = onednn.prepare_convolution(*geometry, "float32")
    results = []
    for offset in (0, 1, 3):
        space = np.zeros((4, 16 * 16 * 9 + offset), np.float32)
        x, filters, y, bias = (
            row[offset : offset + size].reshape(shape)
            for row, size, shape in zip(
                space,
                (576, 2304, 576, 16),
                ((1, 16, 6, 6), (16, 16, 3, 3), (1, 16, 6, 6), (16,)),
                strict=True,
            )
        )
        x[...] = np.linspace(-1, 1, 576, dtype="f").reshape(x.shape)
        filters[...] = np.linspace(-1, 1, 2304, dtype="f").reshape(filters.shape)
        kernel.forward(x, filters, bias, y)
        results.append(y.copy())
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


# (x_shape, kernel, stride, pad, round_up)
POOLINGS = {
    "2 x 2": ((2, 3, 6, 8), (2, 2), (2, 2), (0, 0), True),
    "last window hangs over": ((2, 20, 6, 6), (3, 3), (2, 2), (0, 0), True),
    "rounded down": ((2, 16, 6, 6), (3, 3), (2, 2), (0, 0), False),
    "padded": ((1, 33, 7, 7), (3, 3), (1, 1), (1, 1), True),
    "padded, last window hangs over": ((2, 5, 6, 7), (3, 3), (2, 2), (1, 1), True),
    "padded, last window clipped": ((2, 3, 5, 5), (2, 2), (2, 2), (1, 1), True),
    "rectangular": ((2, 3, 5, 9), (3, 2), (1, 3), (2, 0), True),
    "gaps": ((2, 3, 7, 7), (2, 2), (3, 3), (0, 0), True),
    "whole plane": ((2, 16, 5, 3), (5, 3), (1, 1), (0, 0), True),
    "wide windows": ((1, 3, 20, 20), (18, 17), (2, 2), (0, 0), True),
    "time": ((2, 16, 9), (3,), (2,), (1,), True),
    "volume": ((1, 5, 4, 5, 3), (2, 3, 2), (2, 1, 1), (1, 1, 0), True),
}


@pytest.fixture(params=POOLINGS.values(), ids=POOLINGS.keys())
def pooling(request):
    x_shape, kernel, stride, pad, round_up = request.param
    window = Window(kernel, stride, pad, (1,) * len(kernel))
    return x_shape, window, window.pooled_size(x_shape[2:], round_up)


def test_max_pooling(rng, pooling):
    x_shape, _, out = pooling
    kernel = onednn.prepare_max_pooling(*pooling, "float32", True)
    without_index = onednn.prepare_max_pooling(*pooling, "float32", False)
    exact = cpu.prepare_max_pooling(*pooling, "float64", True)
    for _ in range(2):
        x = rng.integers(-3, 3, x_shape).astype("float32")  # with equals
        dy = single(rng, *x_shape[:2], *out)
        y, dx, y_, dx_ = np.empty_like(dy), np.empty_like(x), np.empty(dy.shape), np.empty(x_shape)
        kernel.forward(x, y)
        exact.forward(x.astype("float64"), y_)
        np.testing.assert_array_equal(y, y_)
        np.testing.assert_array_equal(kernel.index, exact.index)
        kernel.backward(dy, dx)
        exact.backward(dy.astype("float64"), dx_)
        assert_close(dx, dx_)
        y.fill(0)
        without_index.forward(x, y)
        np.testing.assert_array_equal(y, y_)


@pytest.mark.parametrize("count_padding", [True, False])
def test_average_pooling(rng, pooling, count_padding):
    x_shape, _, out = pooling
    kernel = onednn.prepare_average_pooling(*pooling, "float32", count_padding)
    exact = cpu.prepare_average_pooling(*pooling, "float64", count_padding)
    for _ in range(2):
        x, dy = single(rng, *x_shape), single(rng, *x_shape[:2], *out)
        y, dx, y_, dx_ = np.empty_like(dy), np.empty_like(x), np.empty(dy.shape), np.empty(x_shape)
        kernel.forward(x, y)
        exact.forward(x.astype("float64"), y_)
        assert_close(y, y_)
        before = dy.copy()
        kernel.backward(dy, dx)
        exact.backward(dy.astype("float64"), dx_)
        assert_close(dx, dx_)
        np.testing.assert_array_equal(dy, before)


@pytest.mark.parametrize(
    "x_shape", [(2, 16, 7, 6), (3, 20, 5, 5), (2, 1, 4, 3), (2, 6), (1, 3, 1, 1), (2, 33, 2, 3, 2)]
)
def test_lrn_across_channels(rng, x_shape):
    constants = (5, 0.3, 0.75, 2.0)
    kernel = onednn.prepare_lrn_across_channels(x_shape, *constants, "float32")
    exact = cpu.prepare_lrn_across_channels(x_shape, *constants, "float64")
    for _ in range(2):
        x, dy = single(rng, *x_shape), single(rng, *x_shape)
        y, dx, y_, dx_ = np.empty_like(dy), np.empty_like(x), np.empty(x_shape), np.empty(x_shape)
        kernel.forward(x, y)
        kernel.backward(x, y, dy, dx)
        exact.forward(x.astype("float64"), y_)
        exact.backward(x.astype("float64"), y_, dy.astype("float64"), dx_)
        assert_close(y, y_)
        assert_close(dx, dx_)


IMAGES, WINDOW = (2, 3, 6, 6), Window((3, 3), (1, 1), (1, 1), (1, 1))


def prepare_each(x_shape, window, dtype):
    """What every factory would be asked."""
    return {
        "convolution": lambda: onednn.prepare_convolution(x_shape, 4, window, 1, dtype),
        "deconvolution": lambda: onednn.prepare_deconvolution(x_shape, 4, window, 1, dtype),
        "max": lambda: onednn.prepare_max_pooling(x_shape, window, (6, 6), dtype, True),
        "average": lambda: onednn.prepare_average_pooling(x_shape, window, (6, 6), dtype, True),
        "lrn": lambda: onednn.prepare_lrn_across_channels(x_shape, 5, 1.0, 0.75, 1.0, dtype),
    }


@pytest.mark.parametrize("name", prepare_each(IMAGES, WINDOW, "float32"))
def test_what_oneDNN_does_not_serve_is_declined(name):
    prepare_each(IMAGES, WINDOW, "float32")[name]()
    with pytest.raises(onednn.PlanningError, match="float64"):
        prepare_each(IMAGES, WINDOW, "float64")[name]()
    with pytest.raises(onednn.PlanningError, match="has no elements"):
        prepare_each((0, 3, 6, 6), WINDOW, "float32")[name]()


def test_windows_over_padding_alone_are_declined():
    window = Window((2,), (2,), (1,), (1,))
    for prepare in (onednn.prepare_max_pooling, onednn.prepare_average_pooling):
        with pytest.raises(onednn.PlanningError, match="see only padding"):
            prepare((1, 1, 3), window, (3,), "float32", True)


def test_arrays_that_do_not_fit_are_refused():
    kernel = onednn.prepare_convolution(IMAGES, 4, WINDOW, 1, "float32")
    x, filters = np.zeros(IMAGES, "f"), np.zeros((4, 3, 3, 3), "f")
    with pytest.raises(onednn.OneDNNError, match=r"needs float32 of shape \(2, 4, 6, 6\)"):
        kernel.forward(x, filters, None, np.zeros((2, 4, 6, 5), "f"))
    with pytest.raises(onednn.OneDNNError, match="needs float32 .*, got float64"):
        kernel.forward(x.astype("d"), filters, None, np.zeros((2, 4, 6, 6), "f"))
    with pytest.raises(onednn.OneDNNError, match="an array with strides"):
        kernel.forward(x.swapaxes(2, 3), filters, None, np.zeros((2, 4, 6, 6), "f"))
