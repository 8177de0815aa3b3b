import numpy as np
import pytest

from cortado.kernels import choice, cpu
from cortado.kernels.cpu import region_pooling as reference

pytest.importorskip("numba")
from cortado.kernels.numba import region_pooling as compiled  # noqa: E402


def windows(rng, regions, count, size):
    """Some of them empty."""
    edges = rng.integers(0, size + 1, (regions, count, 2))
    return np.where(rng.random((regions, count, 1)) < 0.8, np.sort(edges, axis=2), edges)


@pytest.fixture
def places(rng):
    """Item, rows and columns of 20 regions of 3 x 4 windows."""
    return rng.integers(0, 3, 20), windows(rng, 20, 3, 8), windows(rng, 20, 4, 9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_numbers_are_those_of_the_definition(rng, places, dtype):
    x = rng.standard_normal((3, 5, 8, 9)).astype(dtype)
    x[rng.random(x.shape) < 0.05] = np.nan
    dy = rng.standard_normal((20, 5, 3, 4)).astype(dtype)
    found = []
    for kernel in (reference.RegionMax(), compiled.RegionMax()):
        y, dx = np.full(dy.shape, 7, dtype), np.full(x.shape, 7, dtype)
        kernel.forward(x, *places, y)
        kernel.backward(dy, places[0], dx)
        found.append((y, dx))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_means_are_those_of_the_definition(rng, places, dtype):
    x = rng.standard_normal((3, 2 * 12, 8, 9)).astype(dtype)
    dy = rng.standard_normal((20, 2, 3, 4)).astype(dtype)
    found = []
    for kernel in (reference.RegionMean(), compiled.RegionMean()):
        y, dx = np.full(dy.shape, 7, dtype), np.full(x.shape, 7, dtype)
        kernel.forward(x, *places, y)
        kernel.backward(dy, *places, dx)
        found.append((y, dx))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_without_numba_the_definition_runs():
    with choice.only("numpy"):
        assert isinstance(cpu.prepare_region_max(), reference.RegionMax)
        assert isinstance(cpu.prepare_region_mean(), reference.RegionMean)
        assert cpu.prepare_pixel_suppression() is None
    with choice.only("numba"):
        assert isinstance(cpu.prepare_region_max(), compiled.RegionMax)
        assert isinstance(cpu.prepare_region_mean(), compiled.RegionMean)
        assert cpu.prepare_pixel_suppression() is not None
