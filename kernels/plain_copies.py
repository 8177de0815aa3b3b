"""PlainCopies: lets a kernel for plain arrays work on others, by way of copies."""

from collections.abc import Callable
from typing import Any

import numpy as np


class PlainCopies:
    """A kernel whose arrays may have any strides; for the few that no faster kernel serves."""

    def __init__(self, kernel: Any):
        self._kernel = kernel

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._kernel, name)
        return _on_copies(attribute) if callable(attribute) else attribute


def _on_copies(method: Callable[..., Any]) -> Callable[..., None]:
    def call(*arrays: Any) -> None:
        copies = [a if a is None else np.ascontiguousarray(a) for a in arrays]
        method(*copies)
        for array, copy in zip(arrays, copies, strict=True):
            # Which of them are results is not known here; inputs come back as they were.
            if copy is not array and not np.shares_memory(array, copy):
                array[...] = copy

    return call
