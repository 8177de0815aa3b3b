import json

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

GEOMETRIES = {
    "2 x 2": ("kernel_size: 2 stride: 2", (2, 3, 4, 4)),
    "overlapping": ("kernel_size: 3 stride: 2", (1, 2, 6, 5)),
    "tall": ("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 2", (1, 2, 5, 5)),
    "rounded down": ("kernel_size: 3 stride: 2 round_mode: FLOOR", (1, 2, 6, 6)),
    "global": ("global_pooling: true", (2, 2, 3, 4)),
    "time": ("kernel_size: 3 stride: 2", (2, 2, 8)),
    "volume": ("kernel_size: 2 stride: 2", (1, 2, 4, 3, 4)),
    "volume of C3D": ("kernel_size: 2 stride: 2 kernel_depth: 1", (1, 2, 3, 4, 4)),
}
SAME = {
    "same": ("kernel_size: 3 stride: 2 pad_type: SAME", (1, 2, 5, 6)),
    "same, even": ("kernel_size: 2 pad_type: SAME", (1, 2, 3, 4)),
    "same, over time": ("kernel_size: 4 stride: 3 pad_type: SAME", (2, 2, 7)),
    "same, a volume": ("kernel_size: 3 stride: 2 pad_type: SAME", (1, 1, 4, 3, 5)),
}
PADDED = {
    **SAME,
    "padded": ("kernel_size: 3 stride: 2 pad: 1", (1, 2, 5, 6)),
    "padded wide": ("kernel_h: 1 kernel_w: 3 pad_w: 1", (1, 2, 3, 4)),
}


def pooling(param, method="MAX"):
    return f'type: "Pooling" pooling_param {{ pool: {method} {param} }}'


def distinct(shape, seed=1):
    """Values further apart than the steps of a gradient check, so that no maximum changes."""
    values = np.random.default_rng(seed).permutation(np.prod(shape))
    return values.reshape(shape) / 10 + 0.1


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(("param", "shape"), [*GEOMETRIES.values(), *PADDED.values()])
def test_gradient(make_layer, method, param, shape):
    layer, bottom, top = make_layer(pooling(param, method), distinct(shape))
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("method", "reduce"), [("MAX", np.max), ("AVE", np.mean)])
@pytest.mark.parametrize(("param", "shape"), SAME.values(), ids=SAME.keys())
def test_same_is_the_padding_that_every_stride_takes(
    make_layer, param, shape, method, reduce, dtype
):
    layer, (x,), (y,) = make_layer(pooling(param, method), shape, dtype=dtype)
    kernel, stride = layer.window.kernel[0], layer.window.stride[0]
    layer.forward([x], [y])
    assert y.shape[2:] == tuple(-(-n // stride) for n in shape[2:])
    before = [
        max((out - 1) * stride + kernel - n, 0) // 2
        for out, n in zip(y.shape[2:], shape[2:], strict=True)
    ]
    for place in np.ndindex(y.shape[2:]):
        starts = [i * stride - b for i, b in zip(place, before, strict=True)]
        part = x.data[:, :, *(slice(max(s, 0), s + kernel) for s in starts)]
        expected = reduce(part, axis=tuple(range(2, len(shape))))
        np.testing.assert_allclose(y.data[:, :, *place], expected, rtol=1e-5)


@pytest.mark.parametrize(("param", "shape"), GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_gradient_of_stochastic_pooling_when_testing(make_layer, param, shape):
    layer, bottom, top = make_layer(pooling(param, "STOCHASTIC"), distinct(shape), phase="TEST")
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize(
    ("param", "shape", "out"),
    [
        ("kernel_size: 3 stride: 2", (1, 1, 6, 7), (1, 1, 3, 3)),
        ("kernel_size: 3 stride: 2 round_mode: FLOOR", (1, 1, 6, 7), (1, 1, 2, 3)),
        ("kernel_size: 3 stride: 2 ceil_mode: false", (1, 1, 6, 7), (1, 1, 2, 3)),
        ("kernel_size: 3 stride: 2 ceil_mode: true", (1, 1, 6, 7), (1, 1, 3, 3)),
        ("kernel_size: 2 stride: 2 pad: 1", (1, 1, 5, 4), (1, 1, 3, 3)),
        ("kernel_size: 1 stride: 2", (1, 1, 6, 6), (1, 1, 3, 3)),
        ("kernel_size: 5 stride: 3", (1, 1, 4, 4), (1, 1, 1, 1)),
        ("kernel_size: 2 stride: 2 kernel_depth: 1", (1, 1, 3, 4, 4), (1, 1, 3, 2, 2)),
        ("global_pooling: true", (1, 1, 9, 5), (1, 1, 1, 1)),
    ],
)
def test_shapes(make_layer, param, shape, out):
    _, _, top = make_layer(pooling(param), shape)
    assert top[0].shape == out


def test_second_top_tells_the_place_of_the_first_maximum(make_layer):
    x = np.array([[[[1, 5, 5], [2, 5, 0]], [[0, 0, 0], [0, 0, 7]]]])
    prototxt = 'top: "y" top: "mask"' + pooling("kernel_size: 2")
    layer, bottom, top = make_layer(prototxt, x, tops=2)
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [[[[5, 5]], [[0, 7]]]])
    np.testing.assert_array_equal(top[1].data, [[[[1, 1]], [[0, 5]]]])
    top[0].diff[...] = [[[[1, 10]], [[100, 1000]]]]
    layer.backward(top, bottom)
    np.testing.assert_array_equal(
        bottom[0].diff, [[[[0, 11, 0], [0, 0, 0]], [[100, 0, 0], [0, 0, 1000]]]]
    )


@pytest.mark.parametrize(
    ("extra", "expected"),
    [("", [[0.25, 1], [2, 6.25]]), ("avg_include_pad: false", [[1, 2], [4, 6.25]])],
)
def test_average_divides_by_what_lies_in_the_padded_image(make_layer, extra, expected):
    x = np.array([[[[1, 1, 3], [3, 1, 9], [5, 6, 9]]]])
    layer, bottom, top = make_layer(pooling(f"kernel_size: 2 stride: 2 pad: 1 {extra}", "AVE"), x)
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [[expected]])


def test_global_pooling_follows_the_bottom(make_layer):
    layer, bottom, top = make_layer(pooling("global_pooling: true", "AVE"), (2, 3, 4, 5))
    bottom[0].reshape(2, 3, 7, 2)
    bottom[0].data[...] = np.random.default_rng(1).standard_normal((2, 3, 7, 2))
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    mean = bottom[0].data.mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(top[0].data, mean, rtol=1e-12)


def test_stochastic_pooling_sends_the_gradient_to_what_was_drawn(make_layer):
    x = distinct((2, 3, 5, 5))
    layer, bottom, top = make_layer(pooling("kernel_size: 3 stride: 3", "STOCHASTIC"), x)
    layer.forward(bottom, top)
    top[0].diff[...] = top[0].data
    layer.backward(top, bottom)
    drawn = bottom[0].diff != 0
    np.testing.assert_array_equal(bottom[0].diff[drawn], x[drawn])
    assert sorted(x[drawn]) == sorted(top[0].data.ravel())


def test_a_resumed_run_draws_what_the_unbroken_one_would(make_layer):
    layer, bottom, top = make_layer(pooling("kernel_size: 3", "STOCHASTIC"), distinct((1, 2, 5, 5)))
    layer.forward(bottom, top)
    state = json.loads(json.dumps(layer.state()))
    layer.forward(bottom, top)
    expected = top[0].data.copy()
    layer.forward(bottom, top)
    assert (top[0].data != expected).any()
    layer.restore(state)
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, expected)


def test_only_drawing_has_a_state(make_layer):
    layer, _, _ = make_layer(pooling("kernel_size: 3", "AVE"), (1, 2, 5, 5))
    assert layer.state() == {}
    layer.restore({})


@pytest.mark.parametrize("method", ["MAX", "AVE", "STOCHASTIC"])
def test_backward_skips_what_nobody_reads(make_layer, method):
    layer, bottom, top = make_layer(pooling("kernel_size: 2", method), (1, 2, 3, 3))
    layer.propagate_down = [False]
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


@pytest.mark.parametrize(
    ("param", "method", "message"),
    [
        ("", "MAX", r"pooling_param.kernel_size: is required \(or kernel_h and kernel_w\)"),
        ("kernel_size: 0", "MAX", "kernel_size: must be at least 1, got 0"),
        ("kernel_size: 2 stride: 0", "MAX", "stride: must be at least 1, got 0"),
        (
            "kernel_size: 2 stride: 4294967295",
            "MAX",
            "stride: must be at most 1073741824, got 42949",
        ),
        ("kernel_size: 2 kernel_w: 2", "MAX", "kernel_size: cannot stand beside kernel_w"),
        ("kernel_size: 2 pad: 2", "MAX", r"pad: 2 must be smaller than the kernel \(2\)"),
        ("kernel_size: 3 pad: 1", "STOCHASTIC", r"pad: must be 0 with STOCHASTIC, got \(1, 1\)"),
        ("global_pooling: true kernel_h: 2", "AVE", "kernel_h: cannot stand beside global_pooling"),
        ("global_pooling: true pad: 1", "AVE", "pad: must be 0 under global_pooling: true, got 1"),
        ("global_pooling: true stride_w: 2", "AVE", "stride_w: must be 1 under global_pooling"),
        ("kernel_size: 2 torch_pooling: true", "MAX", "torch_pooling: true is not supported"),
        ("kernel_size: 3 pad_type: SAME pad: 1", "MAX", "pad: cannot stand beside pad_type: SAME"),
        ("kernel_size: 3 pad_type: SAME ceil_mode: true", "MAX", "ceil_mode: cannot stand beside"),
        ("pad_type: SAME global_pooling: true", "AVE", "global_pooling: cannot stand beside"),
        (
            "kernel_size: 3 pad_type: SAME avg_include_pad: true",
            "AVE",
            "avg_include_pad: cannot stand beside pad_type: SAME",
        ),
        ("kernel_size: 3 pad_type: SAME", "STOCHASTIC", "pad: must be 0 with STOCHASTIC"),
        (
            "kernel_size: 2 ceil_mode: false round_mode: CEIL",
            "MAX",
            "ceil_mode: false contradicts round_mode: CEIL; leave one of them out",
        ),
        (
            "kernel_size: 9",
            "MAX",
            r"pooling_param.kernel_size: \(9, 9\) .* does not fit a bottom of size \(5, 5\)",
        ),
    ],
)
def test_bad_parameters_are_named(make_layer, param, method, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Pooling\): .*{message}"):
        make_layer(pooling(param, method), (1, 2, 5, 5))


def test_only_max_gives_places(make_layer):
    prototxt = 'top: "y" top: "mask"' + pooling("kernel_size: 2", "AVE")
    with pytest.raises(
        ConfigError, match="second top, .*, only with pooling_param.pool: MAX, got AVE"
    ):
        make_layer(prototxt, (1, 2, 3, 3), tops=2)


def test_bottoms_need_spatial_axes_and_keep_their_number(make_layer):
    with pytest.raises(ConfigError, match=r"with spatial axes, got shape \(2, 3\)"):
        make_layer(pooling("kernel_size: 1"), (2, 3))
    layer, bottom, top = make_layer(pooling("kernel_size: 2"), (1, 2, 3, 3))
    bottom[0].reshape(1, 2, 3)
    with pytest.raises(ConfigError, match=r"set up for 2 spatial axes, got .* \(1, 2, 3\)"):
        layer.reshape(bottom, top)
