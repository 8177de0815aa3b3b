"""Gpu: one CUDA device, by way of CuPy. All that touches CUDA itself stands here.

Work goes to a stream of our own, in order; uploads ahead of need go to another. Arrays on the
device are flat CuPy arrays and views of them; nobody computes with those but kernels. Threads take
turns (Residence.turn): nothing of one may come into the pass of another.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..proto import ConfigError
from .memory import Array
from .optional import load
from .residence import Residence

Call = Callable[[], Any]


class OutOfDeviceMemory(ConfigError):
    """The device has no room for an array."""


class Gpu:
    """CUDA device number `ordinal`.

    Raises ConfigError if there is no CuPy, driver, or device of that number.
    """

    def __init__(self, ordinal: int = 0):
        self._cupy = load("cupy", "gpu", f'device "gpu:{ordinal}"')
        self._runtime = self._cupy.cuda.runtime
        self.count = self._count(ordinal)  # how many GPUs there are
        if ordinal >= self.count:
            known = ", ".join(f'"gpu:{i}"' for i in range(self.count)) or "none"
            raise ConfigError(f'device "gpu:{ordinal}": there is no such GPU; found {known}')
        self.ordinal = ordinal
        self._device = self._cupy.cuda.Device(ordinal)
        with self._device:
            self._stream, self._uploads = (
                self._cupy.cuda.Stream(non_blocking=True) for _ in range(2)
            )
        self.properties: dict[str, Any] = self._runtime.getDeviceProperties(ordinal)
        self.name: str = self.properties["name"].decode()
        # Where it does, as Grace Hopper, the driver need not copy pageable memory at once.
        self._reads_pages = bool(self.properties.get("pageableMemoryAccessUsesHostPageTables"))
        self.residence = Residence(self)

    @property
    def stream(self) -> int:
        """The cudaStream_t that everything runs on."""
        return self._stream.ptr

    def activate(self) -> None:
        """Make this the device, and ours the stream, of the calling thread."""
        self._device.use()
        self._stream.use()

    # Memory.

    def zeros(self, count: int, dtype: Any) -> Array:
        """A flat array of zeros on the device."""
        return self._allocate(self._cupy.zeros, count, dtype)

    def empty(self, count: int, dtype: Any) -> Array:
        """A flat array on the device with whatever was there before."""
        return self._allocate(self._cupy.empty, count, dtype)

    def pinned(self, count: int, dtype: Any) -> np.ndarray:
        """A flat array on the host that the device reads without the processor's help."""
        self.activate()
        return load("cupyx", "gpu", "pinned memory").empty_pinned(count, dtype)

    def upload(self, host: np.ndarray, device: Array) -> None:
        """Copy flat pageable memory to the device; `host` may be written again."""
        with self.residence.turn:
            self._copy(_address(host), self.pointer(device), host.nbytes, device.nbytes)
            if self._reads_pages:
                self._stream.synchronize()

    def start_upload(self, pinned: np.ndarray, device: Array, after: Any = None) -> Any:
        """Copy pinned memory beside all other work, not before `after`, an event, has come.

        Without one, it is copied when its turn comes. Returns the event of its end: before that,
        `pinned` may not be written, nor, beside other work, `device` be used. Not even a new array
        is free at once: work that was asked for earlier may still use its memory.
        """
        stream = self._stream if after is None else self._uploads
        if after is not None:
            stream.wait_event(after)
        host, place = _address(pinned), self.pointer(device)
        self._copy(host, place, pinned.nbytes, device.nbytes, stream)
        return self._event(stream)

    def download(self, device: Array, host: np.ndarray) -> None:
        """Copy flat memory from the device, and wait for it."""
        with self.residence.turn:
            self._copy(self.pointer(device), _address(host), device.nbytes, host.nbytes)
            self._stream.synchronize()

    def copy(self, source: Array, target: Array) -> None:
        """Copy flat memory on the device."""
        self._copy(self.pointer(source), self.pointer(target), source.nbytes, target.nbytes)

    def clear(self, array: Array) -> None:
        """Set flat memory on the device to zero."""
        if array.nbytes:
            with self.residence.turn:
                self.activate()
                self._runtime.memsetAsync(self.pointer(array), 0, array.nbytes, self._stream.ptr)

    def pointer(self, array: Array) -> int:
        """Where an array begins in the memory of the device."""
        return array.data.ptr

    def memory_info(self) -> tuple[int, int]:
        """Bytes that are free, and that there are."""
        with self._device:
            return self._runtime.memGetInfo()

    # Work.

    def compile(self, source: str, options: tuple[str, ...]) -> Any:
        """The kernels of a CUDA source: get_function(name)(grid, block, arguments, shared_mem).

        Raises ConfigError if there is no compiler, or none of CUDA's headers.
        """
        self.activate()
        module = self._cupy.RawModule(code=source, options=("--std=c++17", *options))
        try:
            module.compile()
        except RuntimeError as problem:  # what is wrong with a source is another error
            reason = str(problem).partition("\n")[0]
            raise ConfigError(
                f'device "gpu:{self.ordinal}" ({self.name}): CUDA code cannot be compiled: '
                f"{reason}; pip install --upgrade 'cortado[gpu]' brings NVRTC and CUDA's headers"
            ) from None
        return module

    def capture(self, calls: Sequence[Call]) -> Call:
        """A call that makes these launches again, as one: a CUDA graph of them."""
        with self.residence.turn:
            self.activate()
            # Relaxed: code that loads a module or asks for the time of day may run meanwhile.
            self._stream.begin_capture(self._runtime.streamCaptureModeRelaxed)
            try:
                for call in calls:
                    call()
            except BaseException:
                self._stream.end_capture()
                raise
            graph = self._stream.end_capture()
            graph.upload(self._stream)
        return partial(graph.launch, self._stream)

    def synchronize(self) -> None:
        """Wait until all work is done; what went wrong in a kernel is raised here."""
        with self.residence.turn:
            self._stream.synchronize()

    def mark(self) -> Any:
        """An event that comes when all work asked for so far is done.

        event.done tells whether it has come, event.synchronize() waits for it.
        """
        return self._event(self._stream)

    def wait_for(self, event: Any) -> None:
        """Let the device do nothing that is asked for from now on before an event has come."""
        self._stream.wait_event(event)

    def time(self, call: Call) -> float:
        """Seconds that a call's work takes on the device."""
        with self.residence.turn:
            self.activate()
            start, end = (self._cupy.cuda.Event() for _ in range(2))
            start.record(self._stream)
            call()
            end.record(self._stream)
            end.synchronize()
        return self._cupy.cuda.get_elapsed_time(start, end) / 1000

    def _allocate(self, make: Callable[..., Array], count: int, dtype: Any) -> Array:
        try:
            with self.residence.turn:
                self.activate()
                return make(count, dtype)
        except self._cupy.cuda.memory.OutOfMemoryError:
            free, total = self.memory_info()
            size = count * np.dtype(dtype).itemsize
            raise OutOfDeviceMemory(
                f'device "gpu:{self.ordinal}" ({self.name}) has no room for {_mib(size)} more: '
                f"{_mib(free)} of {_mib(total)} are free; lower batch_size, or try "
                "-precision bfloat16"
            ) from None

    def _copy(self, source: int, target: int, size: int, room: int, stream: Any = None) -> None:
        if size != room:
            raise ValueError(f"{size} bytes do not fit an array of {room}")
        if size:
            kind, stream = self._runtime.memcpyDefault, stream or self._stream
            with self.residence.turn:
                self._runtime.memcpyAsync(target, source, size, kind, stream.ptr)

    def _event(self, stream: Any) -> Any:
        with self.residence.turn:
            self.activate()  # an event is of the present device, as the stream has to be
            event = self._cupy.cuda.Event(disable_timing=True)
            event.record(stream)
        return event

    def _count(self, ordinal: int) -> int:
        try:
            return self._runtime.getDeviceCount()
        except self._runtime.CUDARuntimeError as problem:
            reason = _explained(str(problem))
            raise ConfigError(f'device "gpu:{ordinal}" cannot be used: {reason}') from None


def _explained(problem: str) -> str:
    """What CUDA said, with what to do about it."""
    if "InsufficientDriver" in problem:
        return (
            "there is no NVIDIA driver, or one too old for this CuPy; "
            f"nvidia-smi should run and show CUDA 13 or later (CUDA says {problem})"
        )
    if "NoDevice" in problem:
        return (
            "the driver shows no GPU; see nvidia-smi and CUDA_VISIBLE_DEVICES "
            f"(CUDA says {problem})"
        )
    return f"CUDA says {problem}"


def _address(array: np.ndarray) -> int:
    if not array.flags.c_contiguous:
        raise ValueError("only memory that lies dense can be copied to and from a device")
    return array.ctypes.data


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
