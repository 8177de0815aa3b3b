"""The shared library of oneDNN: where it is, and how its functions are called.

It comes with the wheel onednn-cpu-gomp (Linux on x86-64); DNNL_LIB names another one, of
version 3. Nothing is loaded before the first use.
"""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, c_int
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .enumerators import Status
from .errors import OneDNNError, PlanningError
from .prototypes import QUESTIONS, STATUS_FUNCTIONS

WHEEL = "onednn-cpu-gomp"


class Library:
    """The functions of the library at `path`, without their leading dnnl_."""

    def __init__(self, path: Path):
        try:
            with _short_waits():
                self._functions: Any = CDLL(str(path))
        except OSError as problem:
            raise PlanningError(f"oneDNN: {path} cannot be loaded: {problem}") from problem
        self.path = path
        prototypes = {name: (c_int, arguments) for name, arguments in STATUS_FUNCTIONS.items()}
        try:
            for name, (result, arguments) in (QUESTIONS | prototypes).items():
                function = self.function(name)
                function.restype, function.argtypes = result, arguments
        except AttributeError as problem:
            raise PlanningError(f"oneDNN: {path} is not version 3: {problem}") from problem
        version = self.function("version")().contents
        self.version = f"{version.major}.{version.minor}.{version.patch}"
        try:
            # Found through the library, these are of the very runtime that it computes with.
            self.omp_set_num_threads = self._functions.omp_set_num_threads
            self.omp_get_max_threads = self._functions.omp_get_max_threads
        except AttributeError:
            raise PlanningError(f"oneDNN: {path} was not built with OpenMP") from None
        self.omp_set_num_threads.argtypes = [c_int]

    def function(self, name: str):
        """The bare C function."""
        return getattr(self._functions, f"dnnl_{name}")

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function; a status other than success raises an error with its name."""
        status = self.function(name)(*arguments)
        if status == Status.UNIMPLEMENTED:
            raise PlanningError(
                f"oneDNN {self.version}: dnnl_{name} has no implementation for this"
            )
        if status:
            raise OneDNNError(f"dnnl_{name}: {Status(status).name.lower().replace('_', ' ')}")


@cache
def library() -> Library:
    """The library, loaded at the first call. Raises PlanningError, with the reason, without it."""
    return Library(_find())


def why_missing() -> str | None:
    """Why there is no oneDNN here; None if there is."""
    try:
        library()
    except PlanningError as problem:
        return str(problem)
    return None


@contextmanager
def _short_waits() -> Iterator[None]:
    """Let GNU OpenMP, if it is loaded meanwhile, wait busily for 10,000 turns at most.

    Threads that wait for each other by turning round and round are the fastest where every one
    has a core. Where cores are busy with something else they take its time: measured on two such
    cores, small nets were thirty times slower under the default, three times with this, and as
    fast as before where cores were free.
    """
    name, policy = "GOMP_SPINCOUNT", "OMP_WAIT_POLICY"
    if name in os.environ or policy in os.environ:
        yield
        return
    os.environ[name] = "10000"
    try:
        yield
    finally:
        del os.environ[name]


def _find() -> Path:
    if named := os.environ.get("DNNL_LIB"):
        if not Path(named).is_file():
            raise PlanningError(f"oneDNN: there is no file {named}, named by DNNL_LIB")
        return Path(named)
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise PlanningError(
            f"oneDNN: {WHEEL} is made for Linux on x86-64, this is {sys.platform} on "
            f"{platform.machine()}; DNNL_LIB can name a library"
        )
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        raise PlanningError(f"oneDNN: {WHEEL} is not installed") from None
    for file in files:
        if file.name == "libdnnl.so.3":
            return Path(str(file.locate())).resolve()
    raise PlanningError(f"oneDNN: the package {WHEEL} lacks libdnnl.so.3")
