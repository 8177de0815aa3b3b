from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

GOLDENS = Path(__file__).parents[1] / "goldens"


@pytest.fixture
def assert_close() -> Callable:
    """assert_close(ours, real Caffe's, tolerance, name): relative to the largest value."""

    def check(got, want, tolerance, name):
        got, want = np.asarray(got, "f8"), np.asarray(want, "f8")
        assert got.size == want.size, name
        if want.size:
            error = np.abs(got.reshape(want.shape) - want).max()
            assert error <= tolerance * max(np.abs(want).max(), 1e-2), name

    return check


def pytest_generate_tests(metafunc):
    """`layer_golden`, `net_golden` and `fork_golden` run over every recorded case."""
    if "fork_golden" in metafunc.fixturenames:
        cases = sorted((GOLDENS / "forks").glob("*/*.npz"))
        names = [f"{case.parent.name}-{case.stem}" for case in cases]
        metafunc.parametrize("fork_golden", cases, ids=names)
    for name in ("layer", "net"):
        if f"{name}_golden" in metafunc.fixturenames:
            cases = sorted((GOLDENS / f"{name}s").glob("*.npz"))
            metafunc.parametrize(f"{name}_golden", cases, ids=[case.stem for case in cases])
