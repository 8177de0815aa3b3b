import numpy as np
import pytest

from cortado.kernels import choice, cpu
from cortado.kernels.cpu import thresholds

pytest.importorskip("numba")
from cortado.kernels.numba.softmax import Softmax  # noqa: E402


def softmax(x):
    with np.errstate(invalid="ignore"):
        y = np.exp((x - x.max(axis=1, keepdims=True)).astype("float64"))
        return y / y.sum(axis=1, keepdims=True)


# Rows shorter and longer than the lanes, and planes of several blocks and a rest.
@pytest.fixture(params=[(7, 3, 1), (5, 64, 1), (3, 1000, 1), (2, 5, 30), (2, 3, 2500)], ids=str)
def x(rng, request):
    return 10 * rng.standard_normal(request.param).astype("float32")


@pytest.mark.parametrize("in_place", [False, True])
def test_forward(x, in_place):
    expected = softmax(x)
    y = x if in_place else np.empty_like(x)
    Softmax(x.shape).forward(x, y)
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-37)


@pytest.mark.parametrize("in_place", [False, True])
def test_backward(rng, x, in_place):
    y = softmax(x).astype("float32")
    dy = rng.standard_normal(x.shape).astype("float32")
    expected = y * (dy - (y * dy).sum(axis=1, keepdims=True))
    dx = dy if in_place else np.empty_like(dy)
    Softmax(x.shape).backward(y, dy, dx)
    np.testing.assert_allclose(dx, expected, atol=1e-6)


@pytest.mark.parametrize("inner", [1, 3])
def test_numbers_that_are_none_spoil_their_own_row(inner):
    x = np.zeros((5, 70, inner), "float32")
    x[0, 1], x[1, 69], x[2, 0], x[3, 5] = np.nan, np.inf, -np.inf, 200
    y = np.empty_like(x)
    Softmax(x.shape).forward(x, y)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(softmax(x)))
    np.testing.assert_allclose(y[2:], softmax(x)[2:], rtol=1e-6, atol=1e-37)
    assert not y[2, 0].any()


def test_float64_and_few_numbers_are_left_to_array_code():
    large = (thresholds.FEW_NUMBERS, 2, 1)
    with choice.only("numba"):
        assert cpu.prepare_softmax(large, "float32") is not None
        assert cpu.prepare_softmax(large, "float64") is None
        assert cpu.prepare_softmax((2, 2, 2), "float32") is None
