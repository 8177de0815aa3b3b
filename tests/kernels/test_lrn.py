import numpy as np
import pytest

from cortado.kernels import cpu

SHAPES = {"image": (2, 7, 3, 4), "time": (2, 5, 6), "volume": (1, 4, 3, 2, 3), "vector": (3, 9)}


def across(x, size, alpha, beta, k):
    y = np.empty_like(x)
    for n, c, *place in np.ndindex(*x.shape):
        low, high = max(0, c - size // 2), c + size // 2 + 1
        total = sum(x[n, j, *place] ** 2 for j in range(low, min(high, x.shape[1])))
        y[n, c, *place] = x[n, c, *place] * (k + alpha / size * total) ** -beta
    return y


def within(x, size, alpha, beta):
    y = np.empty_like(x)
    for n, c, *place in np.ndindex(*x.shape):
        box = tuple(slice(max(0, a - size // 2), a + size // 2 + 1) for a in place)
        mean = (x[n, c, *box] ** 2).sum() / size ** len(place)
        y[n, c, *place] = x[n, c, *place] * (1 + alpha * mean) ** -beta
    return y


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(
    ("size", "beta", "k"), [(5, 0.75, 1), (3, 0.5, 2), (1, 0.75, 1), (7, 1, 1)]
)
def test_across_channels(rng, shape, size, beta, k):
    x = rng.standard_normal(shape)
    y = np.empty_like(x)
    cpu.prepare_lrn_across_channels(shape, size, 0.5, beta, k, "float64").forward(x, y)
    np.testing.assert_allclose(y, across(x, size, 0.5, beta, k), rtol=1e-12)


@pytest.mark.parametrize("shape", [SHAPES[name] for name in ("image", "time", "volume")])
@pytest.mark.parametrize(("size", "beta"), [(3, 0.75), (5, 0.5)])
def test_within_channel(rng, shape, size, beta):
    x = rng.standard_normal(shape)
    y = np.empty_like(x)
    cpu.prepare_lrn_within_channel(shape, size, 0.5, beta, "float64").forward(x, y)
    np.testing.assert_allclose(y, within(x, size, 0.5, beta), rtol=1e-12)


@pytest.mark.parametrize("beta", [0.75, 0.5])
@pytest.mark.parametrize("within_channel", [True, False])
def test_backward_is_the_gradient(rng, beta, within_channel):
    shape = (2, 6, 3, 4)
    x, dy = rng.standard_normal(shape), rng.standard_normal(shape)
    y, dx, unused = np.empty(shape), np.empty(shape), np.empty(shape)
    if within_channel:
        kernel = cpu.prepare_lrn_within_channel(shape, 3, 0.7, beta, "float64")
    else:
        kernel = cpu.prepare_lrn_across_channels(shape, 3, 0.7, beta, 1, "float64")
    kernel.forward(x, y)
    kernel.backward(x, y, dy, dx)

    direction, step = rng.standard_normal(shape), 1e-6
    change = np.zeros(())
    for sign in (1, -1):
        kernel.forward(x + sign * step * direction, unused)
        change = change + sign * (unused * dy).sum()
    assert (dx * direction).sum() == pytest.approx(change / (2 * step), rel=1e-7)


def test_images_do_not_depend_on_their_batch(rng):
    x = rng.standard_normal((3, 8, 4, 4)).astype("float32")
    y = np.empty_like(x)
    cpu.prepare_lrn_across_channels(x.shape, 5, 1, 0.75, 1, "float32").forward(x, y)
    alone = np.empty_like(x[:1])
    cpu.prepare_lrn_across_channels(alone.shape, 5, 1, 0.75, 1, "float32").forward(x[2:], alone)
    np.testing.assert_array_equal(y[2:], alone)
