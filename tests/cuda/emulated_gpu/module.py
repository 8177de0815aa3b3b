"""HostModule: stands in for cupy.RawModule, and runs the kernels on the host."""

import ctypes
import weakref
from collections.abc import Sequence
from math import prod
from typing import Any

from .activity import Activity
from .arguments import Parameter
from .arrays import DeviceArray, owner_of
from .gxx import Build, build
from .thread_order import ORDERS, current_order

MOST_BLOCKS = (2**31 - 1, 65535, 65535)  # by axis of the grid
MOST_THREADS = (1024, 1024, 64)  # by axis of a block
MOST_SHARED = 48 << 10  # bytes that any kernel may ask for
MOST_SHARED_ON_REQUEST = 163 << 10  # on an A100; an H100 has 227 KiB


class LaunchError(Exception):
    """A kernel was launched as CUDA does not allow, or went wrong while it ran."""


class _Launch(ctypes.Structure):
    """emulated::Launch of shim/execution.h."""

    _fields_ = (
        ("grid", ctypes.c_uint * 3),
        ("block", ctypes.c_uint * 3),
        ("shared_bytes", ctypes.c_uint),
        ("order", ctypes.c_int),
        ("with_fibers", ctypes.c_int),
    )


class HostModule:
    """The kernels of a CUDA C++ source.

    options    as for NVRTC: -I and -D count, others do not
    activity   of the Gpu it is for
    """

    def __init__(
        self, source: str, options: tuple[str, ...] = (), activity: Activity | None = None
    ):
        self._build = build(source, options)
        self._activity = activity or Activity()

    def get_function(self, name: str) -> "HostFunction":
        if name not in self._build.kernels:
            known = ", ".join(self._build.kernels) or "none"
            raise LaunchError(f"kernel {name}: there is none of that name; found {known}")
        return HostFunction(self._build, name, self._activity)


class HostFunction:
    """A kernel to launch: kernel(grid, block, arguments, shared_mem=bytes).

    max_dynamic_shared_size_bytes   may be raised above 48 KiB, as in CuPy
    """

    def __init__(self, build: Build, name: str, activity: Activity):
        library, kernel = build.library, build.kernels[name]
        self.name = name
        self.has_barriers = kernel.has_barriers
        self.max_dynamic_shared_size_bytes = MOST_SHARED
        self._activity = activity
        self._run = library[f"run_{name}"]
        self._run.restype = ctypes.c_char_p
        self._most_threads: int = library[f"most_threads_of_{name}"]()
        kinds_of = library[f"parameters_of_{name}"]
        kinds_of.restype = ctypes.POINTER(ctypes.c_char_p)
        kinds = kinds_of()
        self._parameters = tuple(
            Parameter(name, parameter, kinds[i].decode())
            for i, parameter in enumerate(kernel.parameters)
        )

    def __call__(
        self,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        args: Sequence[Any],
        *,
        shared_mem: int = 0,
    ) -> None:
        self._check(grid, block, shared_mem)
        if len(args) != len(self._parameters):
            raise TypeError(
                f"kernel {self.name}: takes {len(self._parameters)} arguments, got {len(args)}"
            )
        bits = [
            parameter.pack(value) for parameter, value in zip(self._parameters, args, strict=True)
        ]
        values = (ctypes.c_uint64 * max(len(bits), 1))(*bits)
        launch = _Launch(_three(grid), _three(block), shared_mem, 0, self.has_barriers)
        if not self._activity.is_capturing:
            self._activity.launches += 1
            self._launch(launch, values)
            return
        # As a graph does, a record keeps addresses, not arrays.
        owners = [weakref.ref(owner_of(arg)) for arg in args if isinstance(arg, DeviceArray)]
        self._activity.do(lambda: self._replay(launch, values, owners))

    def _replay(self, launch: _Launch, values: Any, owners: list[Any]) -> None:
        if not all(owner() is not None for owner in owners):
            raise LaunchError(f"kernel {self.name}: an array of the graph is no longer there")
        self._launch(launch, values)

    def _launch(self, launch: _Launch, values: Any) -> None:
        launch.order = ORDERS.index(current_order())
        problem = self._run(ctypes.byref(launch), values)
        if problem is not None:
            raise LaunchError(f"kernel {self.name}: {problem.decode()}")

    def _check(self, grid: tuple[int, ...], block: tuple[int, ...], shared_mem: int) -> None:
        for what, sizes, most in (("grid", grid, MOST_BLOCKS), ("block", block, MOST_THREADS)):
            if not isinstance(sizes, tuple) or not 1 <= len(sizes) <= 3:
                raise TypeError(
                    f"kernel {self.name}: {what} must be a tuple of 1 to 3, got {sizes}"
                )
            if not all(1 <= size <= limit for size, limit in zip(sizes, most, strict=False)):
                raise LaunchError(f"kernel {self.name}: {what} {sizes} must be in 1 to {most}")
        if prod(block) > self._most_threads:
            raise LaunchError(
                f"kernel {self.name}: block {block} has more than {self._most_threads} threads"
            )
        most_shared = min(self.max_dynamic_shared_size_bytes, MOST_SHARED_ON_REQUEST)
        if not 0 <= shared_mem <= most_shared:
            raise LaunchError(
                f"kernel {self.name}: shared_mem: {shared_mem} bytes are more than {most_shared}"
            )


def _three(sizes: tuple[int, ...]) -> Any:
    return (ctypes.c_uint * 3)(*(*map(int, sizes), 1, 1)[:3])
