"""Kernels: the array work that a layer asks for.

A kernel is an object prepared once, for one geometry and dtype; it owns the scratch space it
needs, so that its methods allocate nothing. They take arrays and write to given ones. A module
of kernels offers one factory per operation, all with the signatures of `kernels.cpu`; which
library does the work is decided there, and layers never know.
"""

from typing import Any

from ..core.calls import bind
from .choice import allowed

__all__ = ["bind", "new_workspace"]


def new_workspace() -> Any:
    """Scratch memory for the kernels of one net, which never run at once; None if none share."""
    if not allowed("onednn"):
        return None
    from . import onednn

    return None if onednn.why_missing() else onednn.Workspace()
