import numpy as np
import pytest

from cortado.kernels import choice, cpu
from cortado.kernels.cpu import thresholds

pytest.importorskip("numba")
from cortado.kernels.numba.rows import add_rows, count_not_less  # noqa: E402


def test_rows_are_added_as_often_as_they_are_named(rng):
    table, rows = rng.standard_normal((5, 7)), rng.standard_normal((40, 7))
    numbers = rng.integers(0, 5, 40)
    expected = table.copy()
    np.add.at(expected, numbers, rows)
    add_rows(table, numbers, rows)
    np.testing.assert_allclose(table, expected)


@pytest.mark.parametrize("shape", [(50, 30, 1), (3, 6, 5000)])
def test_what_is_not_less_is_counted(rng, shape):
    x = rng.integers(0, 4, shape).astype("float32")
    x[rng.random(shape) < 0.1] = np.nan
    right = np.ascontiguousarray(x[:, 2])
    counts = np.empty(right.shape, "int32")
    count_not_less(x, right, counts)
    np.testing.assert_array_equal(counts, (~(x < right[:, None])).sum(axis=1))


def test_few_numbers_are_left_to_array_code():
    with choice.only("numba"):
        assert cpu.prepare_add_rows(9) is None
        assert cpu.prepare_count_not_less((3, 3, 1)) is None
        assert cpu.prepare_add_rows(thresholds.FEW_NUMBERS) is not None
        assert cpu.prepare_count_not_less((thresholds.FEW_NUMBERS, 3, 1)) is not None
