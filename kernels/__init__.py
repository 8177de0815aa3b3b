"""Kernels: the array work that a layer asks of its device.

A kernel is an object prepared once, for one geometry and dtype; it owns the scratch space it
needs, so that its methods allocate nothing. They take arrays and write to given ones. A module
of kernels offers one factory per operation, all with the signatures of `kernels.cpu`; which
library does the work is decided there, and layers never know.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

from ..core.calls import bind
from ..proto import ConfigError
from .choice import allowed

__all__ = ["bind", "kernels_for", "new_workspace"]


def kernels_for(device: str) -> ModuleType:
    """The module of factories that serves "cpu", "gpu" or "gpu:1"."""
    if device == "cpu":
        return import_module(".cpu", __name__)
    raise ConfigError(
        f"device {device!r}: there are no GPU kernels for convolution, pooling and LRN; "
        'run this net on the device "cpu"'
    )


def new_workspace() -> Any:
    """Scratch memory for the kernels of one net, which never run at once; None if none share."""
    if not allowed("onednn"):
        return None
    from . import onednn

    return None if onednn.why_missing() else onednn.Workspace()
