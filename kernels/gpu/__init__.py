"""GPU kernels: what runs a layer on a CUDA device, one class per operation.

`gpu.MaxPooling` is the class MaxPooling of max_pooling.py, loaded when asked for. A kernel is made
for a Context and one geometry, and then bound to blobs: see kernel.py. CUDA sources stand in
cuda/, and run wherever a Context's device compiles them.
"""

import re
from importlib import import_module
from typing import Any

from .changing import ChangingNumbers
from .context import PRECISIONS, Context
from .kernel import Kernel, Wants

__all__ = ["PRECISIONS", "ChangingNumbers", "Context", "Kernel", "Wants"]

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def __getattr__(name: str) -> Any:
    module = _WORDS.sub("_", name.replace("ReLU", "Relu")).lower()
    try:
        return getattr(import_module(f".{module}", __name__), name)
    except ModuleNotFoundError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
