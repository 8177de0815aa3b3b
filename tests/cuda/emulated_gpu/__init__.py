"""A GPU for tests on machines that have none.

CUDA C++ sources are compiled by g++ against shim/, and run on the host: one block at a time, its
threads in several orders, pausing at barriers. Arrays are NumPy's, but as strict as CuPy's.
"""

from .activity import Activity
from .arrays import DeviceArray
from .device import EmulatedGpu, OutOfMemory
from .gxx import CompileError, why_missing
from .module import HostFunction, HostModule, LaunchError
from .thread_order import ORDERS, thread_order

__all__ = [
    "ORDERS",
    "Activity",
    "CompileError",
    "DeviceArray",
    "EmulatedGpu",
    "HostFunction",
    "HostModule",
    "LaunchError",
    "OutOfMemory",
    "thread_order",
    "why_missing",
]
