"""Threads: how many of them compute, and the engine and stream they compute on.

oneDNN sizes scratch space for the number of threads at the time a primitive is made; executed
under a larger one it would write past that space. OpenMP keeps the number per calling thread,
and whoever shares the runtime may set it. So it is looked at before every execution.
"""

import os
from ctypes import byref, c_void_p
from functools import cache

from .enumerators import ENGINE_CPU, STREAM_IN_ORDER
from .library import library

_chosen_count = 0


def thread_count() -> int:
    """How many threads the primitives made from now on compute with.

    At first what OpenMP says: OMP_NUM_THREADS, or every processor it may use.
    """
    global _chosen_count
    if not _chosen_count:
        _chosen_count = library().omp_get_max_threads()
    return _chosen_count


def set_thread_count(count: int) -> None:
    """Make primitives for this many threads from now on; those made before keep theirs."""
    global _chosen_count
    processors = os.cpu_count() or 1
    if not 1 <= count <= processors:
        raise ValueError(f"thread count: must be 1 to {processors} (processors), got {count}")
    _chosen_count = count


def use_threads(count: int) -> None:
    """Let the calling thread compute with this many threads."""
    if library().omp_get_max_threads() != count:
        library().omp_set_num_threads(count)


@cache
def engine() -> c_void_p:
    """The processor, as oneDNN sees it."""
    handle = c_void_p()
    library().call("engine_create", byref(handle), ENGINE_CPU, 0)
    return handle


@cache
def stream() -> c_void_p:
    """The order of execution: one call after the other."""
    handle = c_void_p()
    library().call("stream_create", byref(handle), engine(), STREAM_IN_ORDER)
    return handle
