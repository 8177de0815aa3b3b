import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import choice, cpu

pytest.importorskip("numba")
from cortado.kernels.numba.bins import Bins  # noqa: E402


@pytest.mark.parametrize(("kernel", "pad", "out"), [(13, 0, 1), (7, 1, 2), (4, 2, 4)])
def test_bins_are_max_pooling(rng, kernel, pad, out):
    x = rng.integers(-9, 9, (2, 3, 13, 13)).astype("float32")
    x[0, 0, 5, 5:] = np.nan, np.inf, -np.inf, *[0] * 5
    x[0, 1] = -np.inf
    window = Window((kernel,) * 2, (kernel,) * 2, (pad,) * 2, (1, 1))
    y, expected = np.empty((2, 2, 3, out, out), "float32")
    with choice.only("numpy"):
        reference = cpu.prepare_max_pooling(x.shape, window, (out, out), "float32", True)
    bins = Bins(x.shape, window, (out, out))
    bins.forward(x, y)
    reference.forward(x, expected)
    np.testing.assert_array_equal(y, expected)

    dy = rng.standard_normal(y.shape).astype("float32")
    dx, expected = np.full_like(x, 5), np.empty_like(x)
    bins.add_back(dy, dx)
    reference.backward(dy, expected)
    where = ~np.isnan(x).any(axis=(2, 3))
    np.testing.assert_allclose(dx[where] - 5, expected[where], atol=1e-6)
