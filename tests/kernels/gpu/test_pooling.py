import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel, gpu_layer

from cortado.kernels.gpu import Wants

WINDOWS = {
    "halves": ("kernel_size: 2 stride: 2", (2, 3, 6, 4)),
    "overlapping": ("kernel_size: 3 stride: 2", (2, 4, 7, 8)),
    "padded": ("kernel_size: 3 stride: 2 pad: 1", (1, 8, 6, 5)),
    "gaps": ("kernel_size: 2 stride: 3", (1, 4, 8, 7)),
    "uneven": ("kernel_h: 2 kernel_w: 4 stride_h: 1 stride_w: 3 pad_w: 2", (2, 3, 5, 7)),
    "floor": ("kernel_size: 3 stride: 2 round_mode: FLOOR", (1, 4, 6, 8)),
    "line": ("kernel_size: 3 stride: 2 pad: 1", (2, 4, 9)),
    "volume": ("kernel_size: 2 stride: 1", (1, 4, 3, 4, 3)),
    "wide": ("kernel_size: 17 stride: 4", (1, 2, 22, 19)),
}


def pooling(method, geometry):
    return f'type: "Pooling" pooling_param {{ pool: {method} {geometry} }}'


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("window", WINDOWS)
def test_windows(gpu, window, method):
    geometry, shape = WINDOWS[window]
    check_parity(gpu, pooling(method, geometry), shape)


@pytest.mark.parametrize(
    "option", ["kernel_size: 3 stride: 2 pad: 1 avg_include_pad: false", "pad_type: SAME"]
)
def test_means_of_what_lies_in_x_alone(gpu, option):
    geometry = option if "kernel" in option else f"kernel_size: 4 stride: 3 {option}"
    check_parity(gpu, pooling("AVE", geometry), (2, 4, 6, 7))


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 40, 30, 11), (1, 4, 9), (2, 1, 3, 2, 2)])
def test_one_window_over_all(gpu, shape, method):
    check_parity(gpu, pooling(method, "global_pooling: true"), shape)


def test_one_window_wider_than_x(gpu):
    geometry = "kernel_size: 6 stride: 6 pad: 1"
    check_parity(gpu, pooling("AVE", geometry), (2, 3, 4, 5))
    check_parity(gpu, pooling("AVE", geometry + " avg_include_pad: false"), (2, 3, 4, 5))
    check_parity(gpu, pooling("MAX", geometry), (2, 3, 4, 5))


@pytest.mark.parametrize("shape", [(2, 3, 7, 6), (2, 4, 7, 6)])
@pytest.mark.parametrize("geometry", ["kernel_size: 3 stride: 2 pad: 1", "global_pooling: true"])
def test_places_of_the_maxima(gpu, geometry, shape):
    check_parity(gpu, pooling("MAX", geometry), shape, tops=2)


@pytest.mark.parametrize("geometry", ["kernel_size: 3 stride: 2", "global_pooling: true"])
def test_of_equals_the_first_is_taken(gpu, geometry):
    x = np.random.default_rng(0).integers(0, 2, (2, 4, 7, 9))
    check_parity(gpu, pooling("MAX", geometry), x, tops=2)
    check_parity(gpu, pooling("MAX", geometry), np.full((1, 4, 7, 9), -np.inf), tops=2)


@pytest.mark.parametrize("geometry", ["kernel_size: 3 stride: 2", "global_pooling: true"])
def test_nan_is_the_largest(gpu, geometry):
    x = np.random.default_rng(0).standard_normal((2, 4, 7, 9))
    x[0, 1, 3, 4] = x[1, 2, 0, 0] = x[1, 2, 0, 1] = np.nan
    # Of windows, the host's NumPy has the place of what was the largest before.
    tops = 2 if "global" in geometry else 1
    check_parity(gpu, pooling("MAX", geometry), x, backward=False, tops=tops)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_many_blocks(gpu, method):
    check_parity(gpu, pooling(method, "kernel_size: 3 stride: 2"), (2, 20, 25, 23))


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_nothing_is_computed_on_nothing(gpu, method):
    check_parity(gpu, pooling(method, "kernel_size: 2"), (0, 3, 4, 4))
    check_parity(gpu, pooling(method, "global_pooling: true"), (2, 0, 4, 4))


def test_axes_of_their_own(gpu):
    param = "pool: MAX kernel_size: 2 kernel_size: 3 stride: 2"
    check_parity(gpu, f'type: "PoolingND" pooling_nd_param {{ {param} }}', (2, 4, 5, 6))
    param = "pool: AVE kernel_size: 3 kernel_depth: 2 stride: 2 temporal_stride: 1 pad: 1"
    check_parity(gpu, f'type: "Pooling3D" pooling3d_param {{ {param} }}', (1, 3, 3, 5, 6))


def test_more_axes_the_host_serves(gpu):
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, pooling("MAX", "kernel_size: 2"), (1, 1, 2, 2, 2, 2))


WEIGHTED = pooling("STOCHASTIC", "kernel_size: 3 stride: 2")


@pytest.mark.parametrize("shape", [(2, 3, 6, 7), (2, 4, 6, 7), (1, 4, 8), (1, 2, 4, 3, 3)])
def test_what_a_draw_gives_on_average(gpu, shape):
    check_parity(gpu, WEIGHTED, shape, phase="TEST")


def test_what_a_draw_gives_where_nothing_is_positive(gpu):
    x = np.random.default_rng(0).integers(-1, 2, (2, 4, 6, 6))
    check_parity(gpu, WEIGHTED, -np.abs(x), phase="TEST")
    check_parity(gpu, WEIGHTED, np.zeros((0, 4, 6, 6)), phase="TEST")


def forward(tried):
    run(tried, tried.kernel.bind_forward, tried.bottom, tried.top)
    return tried.top[0].data.copy()


def backward(tried, dy):
    tried.top[0].diff[...] = dy
    run(tried, tried.kernel.bind_backward, tried.top, tried.bottom, Wants([True]))
    return tried.bottom[0].diff.copy()


def run(tried, bind, *arguments):
    context = tried.kernel._context
    context.gpu.residence.begin()
    calls = bind(*arguments)
    context.changing.send()
    for call in calls:
        call()
    context.gpu.residence.end()


def tried_with(gpu, prototxt, x, channels_last, stored="float32"):
    tried = gpu_layer(gpu, prototxt, x)
    for blob in (*tried.bottom, *tried.top):
        for memory in (blob.data_memory, blob.diff_memory):
            memory.store_as(stored)
        blob.channels_last = channels_last
    tried.bottom[0].data[...] = x
    return tried


def drawing(gpu, x, geometry, channels_last=False):
    return tried_with(gpu, pooling("STOCHASTIC", geometry), x, channels_last)


def test_draws_have_the_probabilities_of_their_values(gpu):
    x = np.tile(np.array([[0, 1, -3], [4, 0, 3]], np.float32), (500, 4, 1, 1))
    drawn = forward(drawing(gpu, x, "kernel_h: 2 kernel_w: 3")).reshape(-1)
    shares = [np.mean(drawn == value) for value in (1, 4, 3)]
    np.testing.assert_allclose(shares, [1 / 8, 4 / 8, 3 / 8], atol=0.04)  # 3.6 deviations
    assert set(drawn) == {1, 4, 3}


def test_each_pass_draws_anew_and_both_layouts_alike(gpu):
    x = np.random.default_rng(0).uniform(0, 1, (2, 4, 8, 8)).astype(np.float32)
    plain, last = (drawing(gpu, x, "kernel_size: 3 stride: 2", layout) for layout in (False, True))
    first, second = forward(plain), forward(plain)
    assert np.mean(first != second) > 0.5
    np.testing.assert_array_equal(forward(last), first)
    np.testing.assert_array_equal(forward(last), second)


@pytest.mark.parametrize("layout", [False, True])
def test_gradients_go_to_what_was_drawn(gpu, layout):
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 4, 6, 7)).astype(np.float32)
    tried = drawing(gpu, x, "kernel_size: 2 stride: 2", layout)
    y = forward(tried)
    dx = backward(tried, y)
    # Windows that do not overlap: each gave one number, which now stands where it was taken from.
    np.testing.assert_array_equal(dx[dx != 0], x[dx != 0])
    assert np.count_nonzero(dx) == y.size
    np.testing.assert_array_equal(np.sort(dx[dx != 0]), np.sort(y.reshape(-1)))


def test_the_first_place_is_drawn_where_nothing_is_positive(gpu):
    x = -np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)
    y = forward(drawing(gpu, x, "kernel_size: 2 stride: 2"))
    np.testing.assert_array_equal(y, x[:, :, ::2, ::2])


@pytest.mark.parametrize("stored", ["float16", "uint16"])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_numbers_of_16_bits(gpu, method, channels_last, stored):
    prototxt = pooling(method, "kernel_size: 3 stride: 2 pad: 1")
    x = np.random.default_rng(0).integers(-8, 8, (2, 4, 5, 6)).astype(np.float32)
    results = []
    for dtype in ("float32", stored):
        tried = tried_with(gpu, prototxt, x, channels_last, dtype)
        y = forward(tried)
        results.append([y, backward(tried, np.arange(y.size).reshape(y.shape) % 7)])
    for exact, rounded in zip(*results, strict=True):
        np.testing.assert_allclose(rounded, exact, rtol=0.02, atol=0.05)
