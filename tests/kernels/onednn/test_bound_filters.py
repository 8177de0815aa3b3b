"""The calls that convolutions and inner products bind to arrays, against float64 on plain ones."""

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu, onednn
from cortado.kernels.onednn.workspace import Workspace

pytestmark = pytest.mark.usefixtures("needs_onednn")


# (x_shape, num_output, kernel, stride, pad, dilation, group)
FILTERINGS = {
    "picture": ((2, 3, 11, 9), 20, (5, 5), (2, 2), (2, 2), (1, 1), 1),
    "odd channels": ((2, 33, 7, 6), 17, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "whole tiles": ((1, 64, 8, 8), 32, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    "dilated": ((1, 16, 9, 9), 16, (3, 2), (1, 2), (0, 1), (2, 3), 1),
    "grouped": ((2, 32, 5, 5), 64, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "odd groups": ((2, 6, 5, 5), 9, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    "depthwise": ((2, 20, 5, 6), 20, (3, 3), (2, 2), (1, 1), (1, 1), 20),
    "pointwise": ((2, 19, 4, 5), 21, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "time": ((2, 8, 9), 16, (3,), (2,), (1,), (1,), 1),
    "volume": ((1, 16, 4, 5, 3), 3, (2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
}


@pytest.fixture(params=FILTERINGS.values(), ids=FILTERINGS.keys())
def filtering(request):
    x_shape, num_output, *window, group = request.param
    return x_shape, num_output, Window(*window), group


@pytest.mark.parametrize("kind", ["convolution", "deconvolution"])
def test_filtering(rng, filtering, layouts, kind, laid, run_calls, assert_close):
    x_shape, num_output, window, group = filtering
    if kind == "convolution":
        filters_shape = (num_output, x_shape[1] // group, *window.kernel)
        size = window.output_size(x_shape[2:])
    else:
        filters_shape = (x_shape[1], num_output // group, *window.kernel)
        size = window.transposed_size(x_shape[2:])
    y_shape = (x_shape[0], num_output, *size)
    x, dy = rng.standard_normal(x_shape), rng.standard_normal(y_shape)
    filters, bias = rng.standard_normal(filters_shape), rng.standard_normal(num_output)
    exact = getattr(cpu, f"prepare_{kind}")(*filtering, "float64")
    y, dx = np.empty(y_shape), np.empty(x_shape)
    dfilters, dbias = np.zeros(filters_shape), np.zeros(num_output)
    exact.forward(x, filters, bias, y)
    exact.backward_data(dy, filters, dx)
    exact.backward_filters(x, dy, dfilters)
    exact.backward_bias(dy, dbias)

    kernel = getattr(onednn, f"prepare_{kind}")(
        *filtering, "float32", channels_last=layouts, workspace=Workspace()
    )
    x_, y_ = laid(x, layouts[0]), laid(np.zeros(y_shape), layouts[1])
    f_, b_ = laid(filters, False), laid(bias, False)
    run_calls(kernel.bind_forward(x_, f_, b_, y_))
    assert_close(y_, y)
    run_calls(kernel.bind_forward(x_, f_, None, y_, slope=0.1))
    unbiased = y - bias.reshape(-1, *(1,) * len(size))
    assert_close(y_, np.where(unbiased > 0, unbiased, 0.1 * unbiased))
    before = laid(rng.standard_normal(y_shape), layouts[1])
    y_[...] = before
    run_calls(kernel.bind_forward(x_, f_, b_, y_, adds=True, slope=0.0))
    assert_close(y_, np.maximum(y + before, 0))

    dy_, dx_ = laid(dy, layouts[1]), laid(np.zeros(x_shape), layouts[0])
    df_, db_ = np.ones(filters_shape, "f"), np.ones(num_output, "f")
    run_calls(kernel.bind_backward_data(dy_, f_, dx_))
    assert_close(dx_, dx)
    run_calls(kernel.bind_backward_filters(x_, dy_, df_, db_, adds=True))
    assert_close(df_, dfilters + 1)
    assert_close(db_, dbias + 1)
    run_calls(kernel.bind_backward_filters(x_, dy_, df_, db_, adds=False))
    assert_close(df_, dfilters)
    assert_close(db_, dbias)


def test_constant_filters_are_read_again_only_by_the_calls_on_new_weights(rng, laid, run_calls):
    geometry = (1, 16, 6, 6), 16, Window((3, 3), (1, 1), (1, 1), (1, 1)), 1
    kernel = onednn.prepare_convolution(*geometry, "float32", channels_last=(True, True))
    x, y = (laid(rng.standard_normal(geometry[0]), True) for _ in range(2))
    filters = laid(rng.standard_normal((16, 16, 3, 3)), False)
    calls = kernel.bind_forward(x, filters, None, y, constant=True)
    run_calls(calls)
    once = y.copy()
    filters *= 2
    for call in calls.each_time:
        call()
    np.testing.assert_array_equal(y, once)
    run_calls(calls)
    np.testing.assert_allclose(y, 2 * once, rtol=1e-5)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
def test_inner_product(rng, transposed, has_bias, run_calls, assert_close):
    n, d, k = 5, 37, 11
    x, w, b, dy = (
        rng.standard_normal(shape).astype("f") for shape in ((n, d), (k, d), (k,), (n, k))
    )
    stored = np.ascontiguousarray(w.T) if transposed else w
    kernel = onednn.prepare_inner_product(n, d, k, transposed, "float32")
    y = x @ w.T + (b if has_bias else 0)
    y_, dx_ = np.empty((n, k), "f"), np.empty((n, d), "f")
    run_calls(kernel.bind_forward(x, stored, b if has_bias else None, y_, slope=0.5))
    assert_close(y_, np.where(y > 0, y, y / 2))
    kernel.forward(x, stored, b if has_bias else None, y_)
    assert_close(y_, y)
    run_calls(kernel.bind_backward_data(dy, stored, dx_))
    assert_close(dx_, dy @ w)
    for adds in (True, False):
        dw_, db_ = np.ones_like(stored), np.ones(k, "f")
        run_calls(kernel.bind_backward_filters(x, dy, dw_, db_ if has_bias else None, adds=adds))
        dw = dy.T @ x + adds
        assert_close(dw_, dw.T if transposed else dw)
        assert_close(db_, dy.sum(axis=0) + adds if has_bias else np.ones(k))


def test_kernels_share_a_workspace_as_large_as_the_largest_needs(rng, run_calls):
    space, pairs = Workspace(), []
    for size in (6, 12, 8):
        geometry = (1, 3, size, size), 16, Window((3, 3), (1, 1), (1, 1), (1, 1)), 1
        kernel = onednn.prepare_convolution(*geometry, "float32", workspace=space)
        x, y = (rng.standard_normal((1, c, size, size)).astype("f") for c in (3, 16))
        filters = rng.standard_normal((16, 3, 3, 3)).astype("f")
        pairs.append((kernel.bind_forward(x, filters, None, y), kernel, (x, filters, y)))
    alone = Workspace()
    for calls, _, (x, filters, y) in pairs:
        run_calls(calls)
        shared = y.copy()
        size = x.shape[-1]
        geometry = (1, 3, size, size), 16, Window((3, 3), (1, 1), (1, 1), (1, 1)), 1
        kernel = onednn.prepare_convolution(*geometry, "float32", workspace=alone)
        run_calls(kernel.bind_forward(x, filters, None, y))
        np.testing.assert_array_equal(y, shared)
    assert space.bytes == alone.bytes
