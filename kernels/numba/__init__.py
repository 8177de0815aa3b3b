"""Kernels compiled by Numba: one pass over memory where NumPy takes several.

Threads only for what takes tens of milliseconds, the update of a large net: they wait for the
last of them, and where a core is busy with something else, that is 10 ms. Measured: kernels of
0.1 to 10 ms became up to 40 times slower on two cores that others used as well.

Each file is compiled when a kernel in it first runs, and kept in Numba's cache: beside the file,
or in the user's cache where that cannot be written (NUMBA_CACHE_DIR names another place). The
cache looks no further than one file, so functions call only those of their own file.
"""

import os
import sys
from functools import cache
from importlib import import_module
from threading import Thread

from ..choice import allowed

__all__ = ["available"]


def available() -> bool:
    """Whether kernels may be compiled: Numba is allowed, and here. Loads it if so."""
    return allowed("numba") and _load()


@cache
def _load() -> bool:
    # Read when Numba is first imported; OpenMP's own variable stands for it, as for oneDNN.
    if "numba" not in sys.modules and "OMP_NUM_THREADS" in os.environ:
        os.environ.setdefault("NUMBA_NUM_THREADS", os.environ["OMP_NUM_THREADS"].partition(",")[0])
    try:
        numba = import_module("numba")
    except ImportError:  # absent, or made for other versions of NumPy
        return False
    # From a thread of its own: starting sets the number of OpenMP threads of the thread that
    # does it, and oneDNN's primitives must keep to the number that they were made for.
    starter = Thread(target=numba.set_num_threads, args=(numba.config.NUMBA_NUM_THREADS,))
    starter.start()
    starter.join()
    return True
