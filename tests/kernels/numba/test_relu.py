import numpy as np
import pytest

pytest.importorskip("numba")
from cortado.kernels.numba.relu import ReLU  # noqa: E402


@pytest.fixture
def x(rng):
    x = rng.standard_normal((3, 700)).astype("float32")
    x[0, :4] = 0, -0.0, np.inf, np.nan
    return x


@pytest.mark.parametrize("slope", [0, 0.1, -0.5])
@pytest.mark.parametrize("in_place", [False, True])
def test_forward(x, slope, in_place):
    with np.errstate(invalid="ignore"):  # 0 times infinity, which is not chosen
        expected = np.where(x <= 0, x * np.float32(slope), x)
    y = x if in_place else np.empty_like(x)
    ReLU(slope).forward(x, y)
    np.testing.assert_array_equal(y, expected)


def test_what_is_silenced_is_0_however_large():
    x = np.array([-np.inf, -1], "float32")
    ReLU(0).forward(x, x)
    np.testing.assert_array_equal(x, 0)


@pytest.mark.parametrize("slope", [0, 0.1, -0.5])
@pytest.mark.parametrize("in_place", [False, True])
def test_backward(rng, x, slope, in_place):
    dy = rng.standard_normal(x.shape).astype("float32")
    expected = np.where(x > 0, dy, dy * np.float32(slope))
    dx = dy if in_place else np.empty_like(dy)
    ReLU(slope).backward(x, dy, dx)
    np.testing.assert_array_equal(dx, expected)
