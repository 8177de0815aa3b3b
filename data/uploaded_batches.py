"""UploadedBatches: batches on a GPU, each uploaded while the one before it is in use."""

import weakref
from collections import deque
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..core import Array, Shape
from .prefetch import Batch, Prefetcher

Part = tuple[Shape, str]  # shape and dtype of one array of a batch
ALIGNMENT = 256  # bytes


class PinnedBatch(Batch):
    """A slot for one batch whose first arrays lie in one piece of pinned memory."""

    __slots__ = ("memory",)

    def __init__(self, memory: np.ndarray, parts: Sequence[Part], hosted: Sequence[Part]):
        flat = _slices(memory, parts)
        shapes = [shape for shape, _ in parts]
        super().__init__(
            [
                *(a.reshape(shape) for a, shape in zip(flat, shapes, strict=True)),
                *(np.empty(shape, dtype) for shape, dtype in hosted),
            ]
        )
        self.memory = memory


class UploadedBatches:
    """Gives the batches of a prefetcher to the device, in arrays that stay where they are.

    slots    what the prefetcher is to load into
    arrays   flat, on the device: those of the present batch, for CUDA graphs to read
    hosted   the arrays of the present batch that follow those: they stay on the host, and each
             batch has ones of its own, of any shape

    The next batch is uploaded beside all other work, to memory of its own: it may begin as soon as
    the device has copied the present one from there to `arrays`. Its slot is given back when its
    upload is done.
    """

    def __init__(
        self,
        gpu: Any,
        prefetcher: Prefetcher,
        parts: Sequence[Part],
        slots: int,
        hosted: Sequence[Part] = (),
    ):
        size = _end(parts)
        self._gpu, self._prefetcher = gpu, prefetcher
        self.slots = [PinnedBatch(gpu.pinned(size, "uint8"), parts, hosted) for _ in range(slots)]
        self._present: Array = gpu.zeros(size, "uint8")
        self._coming: Array = gpu.empty(size, "uint8")
        self._copied = gpu.mark()  # when _coming may be written again
        self.arrays: list[Array] = _slices(self._present, parts)
        self.hosted: list[np.ndarray] = []
        # Of the batch after: its plan, what stays on the host, and the end of its upload.
        self._next: tuple[Any, list[np.ndarray], Any] | None = None
        self._under_way: deque[tuple[PinnedBatch, Any]] = deque()  # with the ends of their uploads
        # Memory must not go to others that an upload still reads or writes.
        weakref.finalize(self, _wait, self._under_way, self._coming)

    def take(self) -> Any:
        """Let the next batch be the present one; returns its plan.

        What went wrong in a batch is raised when its turn comes, and from then on.
        """
        if self._next is None:
            self._upload(self._loaded())
        assert self._next
        (plan, self.hosted, uploaded), self._next = self._next, None
        self._gpu.wait_for(uploaded)
        self._gpu.copy(self._coming, self._present)
        self._copied = self._gpu.mark()
        while self._under_way and self._under_way[0][1].done:
            self._give_back()
        if self._prefetcher.is_ready:
            self._upload(self._prefetcher.take())
        return plan

    def forget(self) -> None:
        """Drop what was uploaded ahead, before the prefetcher is told to do something else."""
        _wait(self._under_way)
        self._next = None

    def _loaded(self) -> Any:
        """The next batch, when it is loaded."""
        # As long as slots are on their way, there may be none left to load it into.
        while self._under_way and not self._prefetcher.is_ready:
            self._under_way[0][1].synchronize()
            self._give_back()
        return self._prefetcher.take()

    def _upload(self, batch: Any) -> None:
        uploaded = self._gpu.start_upload(batch.memory, self._coming, self._copied)
        self._next = batch.plan, batch.arrays[len(self.arrays) :], uploaded
        self._under_way.append((batch, uploaded))

    def _give_back(self) -> None:
        self._prefetcher.give_back(self._under_way.popleft()[0])


def _wait(under_way: deque[tuple[PinnedBatch, Any]], *kept: Array) -> None:
    while under_way:
        under_way.popleft()[1].synchronize()


def _slices(memory: Any, parts: Sequence[Part]) -> list[Any]:
    """Flat arrays in memory of bytes, one after the other."""
    return [
        memory[(start := _end(parts[:i])) : start + _size(part)].view(part[1])
        for i, part in enumerate(parts)
    ]


def _end(parts: Sequence[Part]) -> int:
    """Where the part after these begins, in bytes."""
    return sum(-(-_size(part) // ALIGNMENT) * ALIGNMENT for part in parts)


def _size(part: Part) -> int:
    return prod(part[0]) * np.dtype(part[1]).itemsize
