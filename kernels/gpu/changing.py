"""ChangingNumbers: numbers that kernels read and that are others in every pass.

A CUDA graph repeats its launches with the arguments they were recorded with. What changes, such
as a learning rate or the key of a dropout, therefore lies in memory of the device, and goes there
before each pass, all of it in one copy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import Array

ROOM = 1 << 12  # how many there can be in a net


class ChangingNumbers:
    """Slots of 8 bytes, each with the function that says what to put there."""

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self._ask: list[tuple[Callable[[], Any], np.ndarray]] = []
        self._host: np.ndarray | None = None
        self._device: Array = None

    def add(self, dtype: Any, ask: Callable[[], Any]) -> Array:
        """A place on the device for one number of 4 or 8 bytes; `ask` gives it for each pass."""
        if self._host is None:
            self._host = np.zeros(ROOM, np.uint64)
            self._device = self._gpu.zeros(ROOM, np.uint64)
        slot = slice(len(self._ask), len(self._ask) + 1)
        if slot.stop > ROOM:
            raise RuntimeError(f"a net on a GPU can have {ROOM} changing numbers")
        self._ask.append((ask, self._host[slot].view(dtype)[:1]))
        return self._device[slot].view(dtype)[:1]

    def send(self) -> None:
        """Ask for every number, and copy them to the device."""
        if self._host is None:
            return
        for ask, place in self._ask:
            place[0] = ask()
        self._gpu.upload(self._host, self._device)
