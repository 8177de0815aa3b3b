"""LateLoss: the loss of an iteration on a GPU, which is read only when somebody wants to know."""

from collections.abc import Callable, Sequence

import numpy as np

from ..core import Array, Call
from ..kernels import gpu

ROOM = 256  # iterations whose losses the device keeps


class LossRing:
    """The losses of the last iterations, on the device.

    check is called when they are read: now is the time to ask what kernels found wrong.
    """

    def __init__(self, context: gpu.Context, check: Callable[[], None]):
        self._context = context
        self._check = check
        self._device: Array = context.zeros(ROOM)
        self._host = np.zeros(ROOM, np.float32)
        self._count = self._read = 0  # iterations so far, and those that are on the host
        self._record = gpu.LossRecord(
            context, self._device, context.changing.add("int32", self.slot)
        )

    def slot(self) -> int:
        """Where the loss of the present iteration goes."""
        return self._count % ROOM

    def bind(self, tops: Sequence[tuple[Array, float]], adds: bool) -> list[Call]:
        """The calls that note the weighted sum of these tops, or add it to what is noted."""
        return self._record.bind(tops, adds)

    def next(self, batches: int) -> "LateLoss":
        """The loss of the iteration that has just been put on the device's stream."""
        number, self._count = self._count, self._count + 1
        return LateLoss(self, number, batches)

    def value(self, number: int) -> float:
        """The loss of an iteration; waits for the device if it is not known yet."""
        if number < self._count - ROOM:
            raise RuntimeError(f"the loss of iteration {number} is no longer there")
        if number >= self._read:
            self._context.gpu.download(self._device, self._host)
            self._read = self._count
            self._check()
        return float(self._host[number % ROOM])


class LateLoss:
    """The mean loss of an iteration's batches: float() waits for it."""

    __slots__ = ("_batches", "_number", "_ring")

    def __init__(self, ring: LossRing, number: int, batches: int):
        self._ring, self._number, self._batches = ring, number, batches

    def __float__(self) -> float:
        return self._ring.value(self._number) / self._batches
