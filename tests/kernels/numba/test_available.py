import os
import subprocess
import sys

import pytest

from cortado.kernels import choice, numba

STARTED = """
from ctypes import CDLL
from cortado.kernels import numba as kernels
assert kernels.available()
import numba
print(numba.get_num_threads())
if numba.threading_layer() == "omp":
    print(CDLL("libgomp.so.1").omp_get_max_threads())
"""


@pytest.fixture(autouse=True)
def _not_tried_yet():
    numba._load.cache_clear()
    yield
    numba._load.cache_clear()


def fail(problem):
    def imported(name):
        raise problem

    return imported


def test_what_is_not_allowed_is_not_loaded(monkeypatch):
    monkeypatch.setattr(numba, "import_module", fail(AssertionError("loaded")))
    with choice.only("onednn"):
        assert not numba.available()


def test_without_numba_there_are_no_compiled_kernels(monkeypatch):
    monkeypatch.setattr(numba, "import_module", fail(ImportError("Numba needs NumPy 2.4 or less")))
    with choice.only("numba"):
        assert not numba.available()


@pytest.mark.parametrize(
    ("variables", "threads"),
    [({"OMP_NUM_THREADS": "3,1"}, 3), ({"OMP_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "2"}, 2)],
)
def test_starting_numba_leaves_openmp_its_threads(variables, threads):
    pytest.importorskip("numba")
    environment = {k: v for k, v in os.environ.items() if "_NUM_THREADS" not in k}
    result = subprocess.run(
        [sys.executable, "-c", STARTED],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() in ([str(threads), "3"], [str(threads)])
