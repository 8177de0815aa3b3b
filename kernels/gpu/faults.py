"""Faults: what kernels found wrong with the data, such as a label that is no class.

A launch cannot raise an error. It leaves the number of the item that is wrong in a flag on the
device; whoever next waits for the device anyway looks at the flags.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import Array
from ...proto import ConfigError

ROOM = 1 << 10  # how many kinds of faults there can be in a net

Explain = Callable[[int], ConfigError]


class Faults:
    """Flags on the device, each with the function that makes an error of what it says."""

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self._explain: list[Explain] = []
        self._host = np.zeros(ROOM, np.int32)
        self._device: Array = None

    def add(self, explain: Explain) -> Array:
        """A flag: kernels set it with atomicMax(flag, item + 1); explain(item) gives the error.

        A bound method that was added before keeps its flag.
        """
        if self._device is None:
            self._device = self._gpu.zeros(ROOM, np.int32)
        if explain not in self._explain:
            self._explain.append(explain)
        place = self._explain.index(explain)
        if place == ROOM:
            raise RuntimeError(f"a net on a GPU can watch for {ROOM} kinds of faults")
        return self._device[place : place + 1]

    def check(self) -> None:
        """Wait for the device, and raise the error of the first flag that is set; clear all."""
        if not self._explain:
            return
        self._gpu.download(self._device, self._host)
        found = np.flatnonzero(self._host)
        if found.size:
            item = int(self._host[found[0]]) - 1
            self._gpu.clear(self._device)
            raise self._explain[found[0]](item)
