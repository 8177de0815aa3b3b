"""Kernels: the array work that a layer asks of its device.

A kernel is an object prepared once, for one geometry and dtype; it owns the scratch space it
needs, so that its methods allocate nothing. They take arrays and write to given ones. A module
of kernels offers one factory per operation, all with the signatures of `kernels.cpu`; which
library does the work is decided there, and layers never know.
"""

from importlib import import_module
from types import ModuleType

from ..proto import ConfigError

__all__ = ["kernels_for"]


def kernels_for(device: str) -> ModuleType:
    """The module of factories that serves "cpu", "gpu" or "gpu:1"."""
    if device == "cpu":
        return import_module(".cpu", __name__)
    raise ConfigError(
        f"device {device!r}: there are no GPU kernels for convolution, pooling and LRN; "
        'run this net on the device "cpu"'
    )
