"""EmulatedGpu: has the methods of core.gpu.Gpu, on the memory of the host."""

import ctypes
import time
import weakref
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from cortado.core.gpu import OutOfDeviceMemory
from cortado.core.residence import Residence

from .activity import Activity
from .arrays import DeviceArray, owner_of
from .events import Event
from .module import HostModule

ALIGNMENT = 512  # bytes, as CuPy's memory pool
GARBAGE = 0xFF  # makes NaN of each kind of float


class OutOfMemory(OutOfDeviceMemory, MemoryError):
    """The limit given to an EmulatedGpu does not leave room for an array."""


class EmulatedGpu:
    """A device that runs on the host.

    limit      bytes of all arrays that live at a time; None for as many as there are
    activity   what it was asked to do, counted

    uploads_are_late   whether start_upload copies only when somebody waits for its end, and the
                       host learns of it only by waiting; or at once
    """

    launches = property(attrgetter("activity.launches"))
    graph_launches = property(attrgetter("activity.graph_launches"))
    uploads = property(attrgetter("activity.uploads"))
    downloads = property(attrgetter("activity.downloads"))
    bytes_uploaded = property(attrgetter("activity.bytes_uploaded"))
    bytes_downloaded = property(attrgetter("activity.bytes_downloaded"))
    synchronisations = property(attrgetter("activity.synchronisations"))

    def __init__(self, limit: int | None = None, ordinal: int = 0):
        self.ordinal = ordinal
        self.count = 1
        self.name = "emulated GPU"
        self.properties: dict[str, Any] = {
            "name": b"emulated GPU",
            "major": 8,
            "minor": 0,
            "multiProcessorCount": 4,
            "totalGlobalMem": limit or 2**34,
        }
        self.stream = 0
        self.activity = Activity()
        self._total = limit or 2**34
        self._used = 0
        self.residence = Residence(self)
        self.uploads_are_late = True
        self._pinned: weakref.WeakValueDictionary[int, np.ndarray] = weakref.WeakValueDictionary()
        self._last_copied: dict[int, int] = {}  # by address, how much work there had been

    def activate(self) -> None:
        """There is but one."""

    # Memory.

    def zeros(self, count: int, dtype: Any) -> DeviceArray:
        return self._allocate(count, dtype, 0)

    def empty(self, count: int, dtype: Any) -> DeviceArray:
        """What it holds is NaN, so that whoever relies on zeros is found out."""
        return self._allocate(count, dtype, GARBAGE)

    def pinned(self, count: int, dtype: Any) -> np.ndarray:
        array = np.empty(count, dtype)
        self._pinned[id(array)] = array
        return array

    def upload(self, host: np.ndarray, device: DeviceArray) -> None:
        self.activity.forbid_in_capture("an upload")
        _check_kinds(host=host, device=device)
        self._upload(host, device)

    def start_upload(
        self, pinned: np.ndarray, device: DeviceArray, after: Event | None = None
    ) -> Event:
        self.activity.forbid_in_capture("an upload")
        _check_kinds(host=pinned, device=device)
        _check_fit(pinned, device)
        if id(owner_of(pinned)) not in self._pinned:
            raise ValueError("start_upload: only pinned memory can be copied beside other work")
        if after is None:
            self._upload(pinned, device)
            return self.mark()
        if self._last_copied.get(self.pointer(device), 0) > after.time:
            raise RuntimeError("start_upload: a copy may not have read the array yet")
        self.activity.journal.append("upload starts")
        event = Event(self.activity, 0, lambda: self._upload(pinned, device))
        if not self.uploads_are_late:
            event.come()
            event.done = True
        return event

    def download(self, device: DeviceArray, host: np.ndarray) -> None:
        self.activity.forbid_in_capture("a download")
        _check_kinds(host=host, device=device)
        _copy(device, host)
        self.activity.downloads += 1
        self.activity.bytes_downloaded += host.nbytes

    def copy(self, source: DeviceArray, target: DeviceArray) -> None:
        _check_kinds(device=source)
        _check_kinds(device=target)
        _check_fit(source, target)
        if not self.activity.is_capturing:
            self.activity.journal.append("copy")
            self._last_copied[self.pointer(source)] = len(self.activity.journal)
            _copy(source, target)
            return
        # As a graph does, a record keeps addresses, not arrays.
        owners = [weakref.ref(owner_of(array)) for array in (source, target)]
        addresses, size = (self.pointer(target), self.pointer(source)), source.nbytes

        def replay() -> None:
            if not all(owner() is not None for owner in owners):
                raise RuntimeError("copy: an array of the graph is no longer there")
            ctypes.memmove(*addresses, size)

        self.activity.do(replay)

    def clear(self, array: DeviceArray) -> None:
        self.activity.forbid_in_capture("clearing")
        _check_kinds(device=array)
        if not array.flags.c_contiguous:
            raise ValueError("only memory that lies dense can be cleared")
        ctypes.memset(array.ctypes.data, 0, array.nbytes)

    def pointer(self, array: DeviceArray) -> int:
        _check_kinds(device=array)
        return array.ctypes.data

    def memory_info(self) -> tuple[int, int]:
        return self._total - self._used, self._total

    # Work.

    def compile(self, source: str, options: tuple[str, ...]) -> HostModule:
        return HostModule(source, options, self.activity)

    def capture(self, calls: Sequence[Callable[[], Any]]) -> Callable[[], None]:
        """A call that does again what these calls ask for; now, nothing of it is done."""
        with self.activity.capture() as record:
            for call in calls:
                call()

        def replay() -> None:
            self.activity.forbid_in_capture("launching a graph")
            self.activity.graph_launches += 1
            self.activity.journal.append("graph")
            for work in record:
                work()

        return replay

    def synchronize(self) -> None:
        self.activity.synchronise("synchronize()")

    def mark(self) -> Event:
        return Event(self.activity, len(self.activity.journal))

    def wait_for(self, event: Event) -> None:
        self.activity.forbid_in_capture("waiting for an event")
        event.come()

    def time(self, call: Callable[[], Any]) -> float:
        """Seconds that a call takes."""
        self.activity.synchronise("time()")
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    def _upload(self, host: np.ndarray, device: DeviceArray) -> None:
        _copy(host, device)
        self.activity.uploads += 1
        self.activity.bytes_uploaded += host.nbytes

    def _allocate(self, count: int, dtype: Any, byte: int) -> DeviceArray:
        self.activity.forbid_in_capture("making an array")
        size = count * np.dtype(dtype).itemsize
        if self._used + size > self._total:
            raise OutOfMemory(
                f"{self.name} has no room for {size} bytes more: "
                f"{self._total - self._used} of {self._total} are free; lower batch_size"
            )
        memory = bytes_of_memory(size, byte)
        self._used += size
        weakref.finalize(owner_of(memory), self._release, size).atexit = False
        array = memory.view(dtype).view(DeviceArray)
        array.activity = self.activity
        return array

    def _release(self, size: int) -> None:
        self._used -= size


def bytes_of_memory(size: int, byte: int) -> np.ndarray:
    """A view of `size` bytes that all are `byte`; guarded_gpu.py has another one."""
    memory = np.full(size + ALIGNMENT, byte, "uint8")
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


def _check_kinds(**arrays: np.ndarray) -> None:
    for role, array in arrays.items():
        if not isinstance(array, np.ndarray) or isinstance(array, DeviceArray) != (
            role == "device"
        ):
            raise TypeError(f"takes an array of the {role}, got {type(array).__name__}")


def _check_fit(source: np.ndarray, target: np.ndarray) -> None:
    if source.size != target.size or source.dtype != target.dtype:
        raise ValueError(
            f"{source.size} x {source.dtype} do not fit an array of {target.size} x {target.dtype}"
        )
    if not (source.flags.c_contiguous and target.flags.c_contiguous):
        raise ValueError("only memory that lies dense can be copied to, from and on a device")


def _copy(source: np.ndarray, target: np.ndarray) -> None:
    _check_fit(source, target)
    if not target.flags.writeable:
        raise ValueError("the array to copy to is read-only")
    ctypes.memmove(target.ctypes.data, source.ctypes.data, source.nbytes)
