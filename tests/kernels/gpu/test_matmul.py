import numpy as np
import pytest

from cortado.kernels.gpu.context import Context
from cortado.kernels.gpu.matmul import multiply
from cortado.kernels.slope import Ceiling


@pytest.fixture
def context(gpu):
    return Context(gpu)


def on_device(context, array):
    return context.constants(np.ascontiguousarray(array).reshape(-1))


def random(*shape, dtype="float32"):
    return np.random.default_rng(7).standard_normal(shape).astype(dtype)


def product(context, m, k, n, dtypes=("float32",) * 3, **options):
    """c and what it should be, with a bias and added to."""
    a, b = random(m, k, dtype=dtypes[0]), random(k, n, dtype=dtypes[1])
    c, bias = random(m, n, dtype=dtypes[2]), random(n)
    device_c = on_device(context, c)
    launches = multiply(
        context,
        on_device(context, a).reshape(m, k),
        on_device(context, b).reshape(k, n),
        device_c.reshape(m, n),
        bias=on_device(context, bias),
        adds=True,
        **options,
    )
    for launch in launches:
        launch()
    result = np.empty(m * n, dtypes[2])
    context.gpu.download(device_c, result)
    exact = a.astype("float64") @ b.astype("float64") + bias + c
    return result.reshape(m, n), exact, len(launches)


@pytest.mark.parametrize(("k", "launches"), [(3, 1), (260, 2)])
@pytest.mark.parametrize(
    ("slope", "rectify"),
    [
        (None, lambda x: x),
        (0, lambda x: np.maximum(x, 0)),
        (0.5, lambda x: np.where(x < 0, x / 2, x)),
        (Ceiling(1.5), lambda x: np.clip(x, 0, 1.5)),
    ],
)
def test_what_is_done_to_a_product(context, k, launches, slope, rectify):
    result, exact, count = product(context, 3, k, 5, slope=slope)
    np.testing.assert_allclose(result, rectify(exact), 1e-4, 1e-4)
    assert count == launches


@pytest.mark.parametrize(
    "dtypes",
    [
        ("float16", "float32", "float16"),
        ("float16", "float16", "float32"),
        ("float32", "float16", "float16"),
    ],
)
def test_half_floats_beside_floats(context, dtypes):
    result, exact, _ = product(context, 2, 20, 3, dtypes)
    np.testing.assert_allclose(result, exact, 2e-3, 2e-3)


def test_nan_stays_under_a_ceiling(context):
    a, b = (np.array([[v]], "float32") for v in (np.nan, 1))
    c = context.zeros(1)
    first, second = (on_device(context, array).reshape(1, 1) for array in (a, b))
    for launch in multiply(context, first, second, c.reshape(1, 1), slope=Ceiling(6)):
        launch()
    result = np.empty(1, "float32")
    context.gpu.download(c, result)
    assert np.isnan(result)


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("right", [False, True])
def test_transposed(context, left, right):
    a, b = random(66, 18), random(18, 65)
    c = on_device(context, np.zeros((66, 65), "float32")).reshape(66, 65)
    first, second = on_device(context, a.T if left else a), on_device(context, b.T if right else b)
    first = first.reshape(18, 66).T if left else first.reshape(66, 18)
    second = second.reshape(65, 18).T if right else second.reshape(18, 65)
    for launch in multiply(context, first, second, c):
        launch()
    result = np.empty(66 * 65, "float32")
    context.gpu.download(c.reshape(-1), result)
    np.testing.assert_allclose(result.reshape(66, 65), a @ b, 1e-4, 1e-4)
