"""GPU kernels: what runs a layer on a CUDA device, one class per operation.

`gpu.MaxPooling` is the class MaxPooling of max_pooling.py, loaded when asked for. A kernel is made
for a Context and one geometry, and then bound to blobs: see kernel.py. CUDA sources stand in
cuda/, and run wherever a Context's device compiles them.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from .changing import ChangingNumbers
from .context import PRECISIONS, Context
from .kernel import Kernel, Wants

__all__ = ["PRECISIONS", "ChangingNumbers", "Context", "Kernel", "Wants"]


def __getattr__(name: str) -> Any:
    module = _modules().get(name.lower())
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{module}", __name__), name)


@cache
def _modules() -> dict[str, str]:
    """File by class in lower case: "maxpooling" is in max_pooling."""
    return {m.name.replace("_", ""): m.name for m in iter_modules(__path__)}
