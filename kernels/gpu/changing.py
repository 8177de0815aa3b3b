"""ChangingNumbers: numbers that kernels read and that are others in every pass.

A CUDA graph repeats its launches with the arguments they were recorded with. What changes, such
as a learning rate or the key of a dropout, therefore lies in memory of the device, and goes there
before each pass, all of it in one copy. It leaves from pinned memory: then the host never waits for
passes that are still to run, and what it writes next does not get to them.
"""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import Array

ROOM = 1 << 12  # how many there can be in a net
COPIES = 8  # that can be on their way


class ChangingNumbers:
    """Slots of 8 bytes, each with the function that says what to put there."""

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self._places: dict[Callable[[], Any], tuple[np.ndarray, Array]] = {}
        self._host: np.ndarray | None = None
        self._device: Array = None
        self._pinned: list[np.ndarray] = []
        self._ends: list[Any] = [None] * COPIES
        self._count = 0  # of copies so far
        # Memory must not go to others that a copy still reads.
        weakref.finalize(self, _wait, self._ends, self._pinned)

    def add(self, dtype: Any, ask: Callable[[], Any]) -> Array:
        """A place on the device for one number of 4 or 8 bytes; `ask` gives it for each pass.

        A bound method that was added before keeps its place: where shapes vary, kernels are made
        and bound over and over.
        """
        if ask in self._places:
            return self._places[ask][1]
        if self._host is None:
            self._host = np.zeros(ROOM, np.uint64)
            self._device = self._gpu.zeros(ROOM, np.uint64)
            pinned = self._gpu.pinned(COPIES * ROOM, np.uint64)
            self._pinned += [pinned[i * ROOM : (i + 1) * ROOM] for i in range(COPIES)]
        place = len(self._places)
        if place == ROOM:
            raise RuntimeError(f"a net on a GPU can have {ROOM} changing numbers")
        host, device = (array[place : place + 1] for array in (self._host, self._device))
        self._places[ask] = host.view(dtype)[:1], device.view(dtype)[:1]
        return self._places[ask][1]

    def send(self) -> None:
        """Ask for every number, and copy them to the device."""
        if self._host is None:
            return
        for ask, (place, _) in self._places.items():
            place[0] = ask()
        used, turn = slice(len(self._places)), self._count % COPIES
        self._count += 1
        _wait(self._ends[turn : turn + 1])
        self._pinned[turn][used] = self._host[used]
        pinned, device = self._pinned[turn][used], self._device[used]
        self._ends[turn] = self._gpu.start_upload(pinned, device)


def _wait(ends: list[Any], *kept: Any) -> None:
    for end in ends:
        if end is not None and not end.done:
            end.synchronize()
