import itertools

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import choice, cpu

# (size, kernel, stride, pad, round_up)
GEOMETRIES = {
    "2 x 2": ((6, 8), (2, 2), (2, 2), (0, 0), True),
    "overlapping": ((7, 6), (3, 3), (2, 2), (0, 0), True),
    "last window hangs over": ((6, 6), (3, 3), (2, 2), (0, 0), True),
    "rounded down": ((6, 6), (3, 3), (2, 2), (0, 0), False),
    "padded": ((6, 7), (3, 3), (2, 2), (1, 1), True),
    "padded, last window clipped": ((5, 5), (2, 2), (2, 2), (1, 1), True),
    "rectangular": ((5, 9), (3, 2), (1, 3), (2, 0), True),
    "gaps": ((7, 7), (2, 2), (3, 3), (0, 0), True),
    "kernel larger than stride 1": ((5, 4), (3, 3), (1, 1), (1, 1), True),
    "one window": ((3, 4), (3, 4), (1, 1), (0, 0), True),
    "four wide windows": ((7, 6), (4, 3), (4, 3), (1, 0), True),
    "time": ((9,), (3,), (2,), (1,), True),
    "volume": ((4, 5, 3), (2, 3, 2), (2, 1, 1), (1, 1, 0), True),
    "one volume": ((2, 3, 2), (2, 3, 2), (1, 1, 1), (0, 0, 0), True),
}


@pytest.fixture(autouse=True, params=["numpy", "numba"])
def _library(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    with choice.only(request.param):
        yield


@pytest.fixture(params=GEOMETRIES.values(), ids=GEOMETRIES.keys())
def geometry(request):
    return prepare(request.param)


@pytest.fixture(params=[g for g in GEOMETRIES.values() if not any(g[3])], ids=str)
def unpadded(request):
    return prepare(request.param)


def prepare(numbers):
    size, kernel, stride, pad, round_up = numbers
    window = Window(kernel, stride, pad, (1,) * len(size))
    return (2, 3, *size), window, window.pooled_size(size, round_up)


def windows(x_shape, window, out):
    """The definition: each window's index in y, and the places in a plane that lie under it."""
    for position in np.ndindex(*out):
        ranges = [
            range(max(0, o * s - p), min(n, o * s - p + k))
            for o, s, p, k, n in zip(
                position, window.stride, window.pad, window.kernel, x_shape[2:], strict=True
            )
        ]
        yield position, list(itertools.product(*ranges))


def with_ties(rng, shape):
    return rng.integers(-3, 3, shape).astype("float64")


def test_max_takes_the_first_of_equals(rng, geometry):
    x_shape, _, out = geometry
    x, dy = with_ties(rng, x_shape), rng.standard_normal((*x_shape[:2], *out))
    y, index, dx = np.empty_like(dy), np.empty(dy.shape, int), np.zeros_like(x)
    for n, c in np.ndindex(*x_shape[:2]):
        for position, places in windows(*geometry):
            best = max(places, key=lambda place: x[n, c, *place])  # the first of equals
            y[n, c, *position] = x[n, c, *best]
            index[n, c, *position] = np.ravel_multi_index(best, x_shape[2:])
            dx[n, c, *best] += dy[n, c, *position]

    kernel = cpu.prepare_max_pooling(*geometry, "float64", True)
    got_y, got_dx = np.empty_like(y), np.empty_like(x)
    kernel.forward(x, got_y)
    kernel.backward(dy, got_dx)
    np.testing.assert_array_equal(got_y, y)
    np.testing.assert_array_equal(kernel.index, index)
    np.testing.assert_allclose(got_dx, dx, rtol=1e-12, atol=1e-12)

    got_y.fill(0)
    cpu.prepare_max_pooling(*geometry, "float64", False).forward(x, got_y)
    np.testing.assert_array_equal(got_y, y)


@pytest.mark.parametrize("value", [-np.inf, np.nan])
def test_max_of_a_diverged_net_points_into_the_plane(geometry, value):
    x_shape, _, out = geometry
    kernel = cpu.prepare_max_pooling(*geometry, "float32", True)
    x, y = np.full(x_shape, value, "float32"), np.empty((*x_shape[:2], *out), "float32")
    kernel.forward(x, y)
    np.testing.assert_array_equal(y, value)
    for position, places in windows(*geometry):
        allowed = [np.ravel_multi_index(place, x_shape[2:]) for place in places]
        assert np.isin(kernel.index[:, :, *position], allowed).all()
    dx = np.empty_like(x)
    kernel.backward(np.ones_like(y), dx)
    assert dx.sum() == y.size


@pytest.mark.parametrize("count_padding", [True, False])
def test_average(rng, geometry, count_padding):
    x_shape, window, out = geometry
    x, dy = rng.standard_normal(x_shape), rng.standard_normal((*x_shape[:2], *out))
    y, dx = np.empty_like(dy), np.zeros_like(x)
    for position, places in windows(*geometry):
        count = len(places)
        if count_padding:
            count = 1
            for o, s, p, k, n in zip(
                position, window.stride, window.pad, window.kernel, x_shape[2:], strict=True
            ):
                count *= min(o * s - p + k, n + p) - (o * s - p)
        for n, c in np.ndindex(*x_shape[:2]):
            y[n, c, *position] = sum(x[n, c, *place] for place in places) / count
            for place in places:
                dx[n, c, *place] += dy[n, c, *position] / count

    kernel = cpu.prepare_average_pooling(*geometry, "float64", count_padding)
    got_y, got_dx = np.empty_like(y), np.empty_like(x)
    kernel.forward(x, got_y)
    kernel.backward(dy, got_dx)
    np.testing.assert_allclose(got_y, y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(got_dx, dx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stochastic_draws_a_positive_value_of_each_window(rng, unpadded, dtype):
    x_shape, _, out = unpadded
    x = rng.standard_normal(x_shape).astype(dtype)
    x[0, 0] = 0
    y, dx = np.empty((*x_shape[:2], *out), dtype), np.empty(x_shape, dtype)
    dy = rng.standard_normal(y.shape).astype(dtype)
    kernel = cpu.prepare_stochastic_pooling(*unpadded, dtype, np.random.default_rng(3))
    kernel.forward(x, y)
    kernel.backward(dy, dx)

    expected_dx = np.zeros_like(x)
    for n, c in np.ndindex(*x_shape[:2]):
        for position, places in windows(*unpadded):
            drawn = np.unravel_index(kernel.index[n, c, *position], x_shape[2:])
            assert drawn in places
            assert y[n, c, *position] == x[n, c, *drawn]
            if any(x[n, c, *place] > 0 for place in places):
                assert y[n, c, *position] > 0
            else:
                assert drawn == places[0]
            expected_dx[n, c, *drawn] += dy[n, c, *position]
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-6)


def test_stochastic_draws_by_value():
    x = np.array([[[[1.0, 0.0], [3.0, 4.0]]]])
    window = Window((2, 2), (1, 1), (0, 0), (1, 1))
    rng = np.random.default_rng(5)
    kernel = cpu.prepare_stochastic_pooling(x.shape, window, (1, 1), "float64", rng)
    y, draws = np.empty((1, 1, 1, 1)), 4000
    counts = np.zeros(5)
    for _ in range(draws):
        kernel.forward(x, y)
        counts[int(y[0, 0, 0, 0])] += 1
    np.testing.assert_allclose(counts / draws, [0, 1 / 8, 0, 3 / 8, 4 / 8], atol=0.03)


def test_weighted_is_what_stochastic_gives_on_average(rng, unpadded):
    x_shape, _, out = unpadded
    x = rng.standard_normal(x_shape)
    x[0, 0] = -1
    y = np.empty((*x_shape[:2], *out))
    cpu.prepare_weighted_pooling(*unpadded, "float64").forward(x, y)
    for n, c in np.ndindex(*x_shape[:2]):
        for position, places in windows(*unpadded):
            values = [max(x[n, c, *place], 0) for place in places]
            expected = sum(v * v for v in values) / (sum(values) or 1)
            assert y[n, c, *position] == pytest.approx(expected, rel=1e-12)


class Always:
    """A generator that always draws the same number."""

    def __init__(self, number):
        self.number = number

    def random(self, dtype, out):
        out.fill(self.number)


@pytest.mark.parametrize(("number", "drawn"), [(0, 4), (np.nextafter(1, 0), 3)])
def test_stochastic_never_draws_an_empty_place(number, drawn):
    x = np.array([[[0.0, 3, 0, 4, 0]]])
    window = Window((5,), (1,), (0,), (1,))
    y = np.empty((1, 1, 1))
    cpu.prepare_stochastic_pooling(x.shape, window, (1,), "float64", Always(number)).forward(x, y)
    assert y.item() == drawn


def test_weighted_backward_leaves_negative_values_alone(rng, unpadded):
    x_shape, _, out = unpadded
    x, dy = rng.standard_normal(x_shape), rng.standard_normal((*x_shape[:2], *out))
    expected = np.zeros_like(x)
    for n, c in np.ndindex(*x_shape[:2]):
        for position, places in windows(*unpadded):
            places = [place for place in places if x[n, c, *place] > 0]
            total = sum(x[n, c, *place] for place in places)
            squares = sum(x[n, c, *place] ** 2 for place in places)
            for place in places:
                slope = (2 * x[n, c, *place] * total - squares) / total**2
                expected[n, c, *place] += dy[n, c, *position] * slope
    kernel = cpu.prepare_weighted_pooling(*unpadded, "float64")
    y, dx = np.empty_like(dy), np.empty_like(x)
    kernel.forward(x, y)
    kernel.backward(x, y, dy, dx)
    np.testing.assert_allclose(dx, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["max", "average", "stochastic", "weighted"])
def test_planes_do_not_depend_on_their_chunk(rng, name):
    """A batch of many chunks gives what its planes give alone."""
    x = np.abs(rng.standard_normal((6, 5, 50, 60)))
    window = Window((3, 3), (2, 2), (0, 0), (1, 1))
    out = window.pooled_size((50, 60), round_up=True)
    extra = {"max": [True], "average": [True], "stochastic": [np.random.default_rng(1)]}
    prepare_kernel = getattr(cpu, f"prepare_{name}_pooling")

    def run(x):
        y, dx = np.empty((*x.shape[:2], *out)), np.empty_like(x)
        kernel = prepare_kernel(x.shape, window, out, "float64", *extra.get(name, []))
        kernel.forward(x, y)
        dy = np.cos(y)
        kernel.backward(*([x, y] if name == "weighted" else []), dy, dx)
        return y, dx

    y, dx = run(x)
    extra["stochastic"] = [np.random.default_rng(1)]
    for n, c in np.ndindex(6, 5):
        y_alone, dx_alone = run(x[n : n + 1, c : c + 1])
        np.testing.assert_array_equal(y[n, c], y_alone[0, 0])
        np.testing.assert_array_equal(dx[n, c], dx_alone[0, 0])
