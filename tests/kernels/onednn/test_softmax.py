"""The softmax of oneDNN against its definition in float64."""

import numpy as np
import pytest

from cortado.kernels import onednn

pytestmark = pytest.mark.skipif(bool(onednn.why_missing()), reason="needs oneDNN")
SHAPES = [(1, 10, 1), (64, 10, 1), (3, 1000, 1), (2, 1, 1)]


def softmax(x):
    e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_also_bound_and_in_place(shape, rng):
    x = (10 * rng.standard_normal(shape)).astype(np.float32)
    expected = softmax(x)
    kernel = onednn.prepare_softmax(shape, "float32")
    y = np.empty_like(x)
    kernel.forward(x, y)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-30)
    for call in kernel.bind_forward(x, x).all:
        call()
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("shape", SHAPES)
def test_backward(shape, rng):
    y = softmax(rng.standard_normal(shape)).astype(np.float32)
    dy = rng.standard_normal(shape).astype(np.float32)
    expected = y * (dy - (y * dy.astype(np.float64)).sum(axis=1, keepdims=True))
    onednn.prepare_softmax(shape, "float32").backward(y, dy, dy)
    np.testing.assert_allclose(dy, expected, rtol=1e-4, atol=1e-6)


def test_large_scores_do_not_overflow():
    x = np.array([[1e30, -1e30, 0]], np.float32)[..., None]
    y = np.empty_like(x)
    onednn.prepare_softmax(x.shape, "float32").forward(x, y)
    np.testing.assert_array_equal(y.ravel(), [1, 0, 0])


@pytest.mark.parametrize(("shape", "dtype"), [((2, 3, 4), "float32"), ((2, 3, 1), "float64")])
def test_what_it_does_not_serve_is_declined(shape, dtype):
    with pytest.raises(onednn.PlanningError):
        onednn.prepare_softmax(shape, dtype)
