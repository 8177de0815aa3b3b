import numpy as np
import pytest

from cortado.kernels import choice, cpu

pytest.importorskip("numba")
from cortado.kernels.numba.parts import Parts  # noqa: E402

FOLDED = (3, 4, 2050)  # rows of several blocks, and a rest


@pytest.fixture(params=["float32", "float64"])
def arrays(rng, request):
    return [rng.standard_normal(FOLDED).astype(request.param) for _ in range(2)]


def test_row_sums(arrays):
    x, _ = arrays
    np.testing.assert_allclose(Parts(FOLDED).row_sums(x), x.sum(axis=2, dtype="float64"))


def test_row_products(arrays):
    x, y = arrays
    expected = (x.astype("float64") * y).sum(axis=2)
    np.testing.assert_allclose(Parts(FOLDED).row_products(x, y), expected, rtol=1e-12)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("has_shift", [False, True])
def test_scale(rng, arrays, in_place, has_shift):
    x, y = arrays
    s, b = rng.standard_normal((2, 4, 1)).astype(x.dtype)
    expected = x * s + b if has_shift else x * s
    y = x if in_place else y
    Parts(FOLDED).scale(x, s, b if has_shift else None, y)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("folded", [(3, 4, 50), (1 << 10, 1 << 10, 1)])
def test_what_array_code_does_as_fast_is_left_to_it(folded):
    with choice.only("numba"):
        assert cpu.prepare_parts(folded) is None
        assert cpu.prepare_parts((1 << 10, 4, 50)) is not None
    with choice.only("numpy"):
        assert cpu.prepare_parts((1 << 10, 4, 50)) is None
