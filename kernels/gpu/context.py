"""Context: what the kernels of one net on one GPU share."""

from functools import cache
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Array
from ...core.half import HALVES
from .changing import ChangingNumbers
from .copying import axes_of, crossing_of, geometry_of, is_dense
from .faults import Faults
from .launch import Function, Launch
from .loss_scale import LossScale

SOURCES = Path(__file__).parent / "cuda"
THREADS = 256  # of a block, where nothing else asks for another number
MOST_THREADS = 1 << 10
WARP = 32
MOST_BLOCKS = 1 << 20  # threads go on to further numbers where there are more

PRECISIONS = ("float32", "tf32", *sorted(HALVES))

# What `real`, the type of the numbers of blobs, is in a source; bfloat16 has no type in NumPy.
REALS = {"float32": 0, "float16": 1, "uint16": 2}


class Context:
    """Compiles, launches, and hands out memory beside the blobs.

    gpu         a core.gpu.Gpu
    precision   "float32"; "tf32", where products may be rounded to TF32 on their way; "bfloat16"
                or "float16", where blobs are stored so, and weights beside their float32 masters
    """

    def __init__(self, gpu: Any, precision: str = "float32"):
        self.gpu = gpu
        self.precision = precision
        self.tf32 = precision == "tf32"
        self.stored: str | None = HALVES.get(precision)  # dtype of blobs, where not float32
        self.loss_scale = LossScale(self) if precision == "float16" else None
        self.changing = ChangingNumbers(gpu)
        self.faults = Faults(gpu)
        self._workspace: Array | None = None

    def function(self, file: str, name: str, real: Any = "float32", **definitions: Any) -> Function:
        """Kernel `name` of a source in cuda/, with these macros defined."""
        macros = "".join(f"#define {key} {value}\n" for key, value in definitions.items())
        # Compiled code is kept on the disk, found by the text that includes the file.
        text = f'// {_version()}\n{macros}#define REAL {REALS[str(real)]}\n#include "{file}"\n'
        return _module(self.gpu, text)(name)

    def each(self, function: Function, label: str, count: int, *arguments: Any) -> list[Launch]:
        """The launch of at least one thread for each of `count`; none if that is 0.

        Kernels run through their numbers with EACH of numbers.cuh, so that fewer threads do too.
        """
        blocks = min(-(-count // THREADS), MOST_BLOCKS)
        return self.blocks(function, label, blocks, THREADS, *arguments)

    def blocks(
        self,
        function: Function,
        label: str,
        blocks: int,
        threads: int,
        *arguments: Any,
        shared: int = 0,
    ) -> list[Launch]:
        """The launch of so many blocks of so many threads; none if there are no blocks."""
        if not blocks:
            return []
        return [Launch(function, label, (blocks,), (threads,), arguments, shared)]

    def copy(self, source: Array, target: Array, *, adds: bool = False) -> list[Launch]:
        """target = source, or target + source: views of one shape, of any strides.

        Either may be float32, and the other in 16 bits.
        """
        axes, count = axes_of(source, target), prod(target.shape)
        if is_dense(axes):
            function = self._copier("copy_dense", source, target)
            return self.each(function, "copy", count, source, target, count, adds)
        crossing = crossing_of(axes)
        others = crossing.others if crossing else axes
        where = (self.constants(geometry_of(others)) if others else None, len(others))
        if crossing is None:
            function = self._copier("copy", source, target)
            return self.each(function, "copy", count, source, target, *where, count, adds)
        function = self._copier("copy_crosswise", source, target)
        arguments = (source, target, *crossing.lengths, *where, adds)
        return self.blocks(function, "copy", crossing.squares, THREADS, *arguments)

    def copy_memory(self, source: Array, target: Array) -> list[Launch]:
        """Copy arrays that lie dense as they lie in memory, whatever their shapes."""
        function = self._copier("copy_dense", source, target)
        return self.each(function, "copy", target.size, source, target, target.size, False)

    def fill(self, target: Array, value: float) -> list[Launch]:
        """Write one number everywhere in an array that lies dense."""
        function = self._copier("fill", target, target)
        return self.each(function, "fill", target.size, target, target.size, float(value))

    def _copier(self, name: str, source: Array, target: Array) -> Function:
        dtypes = source.dtype, target.dtype
        real = dtypes[0] if dtypes[1] == "float32" else dtypes[1]
        types = ["real" if dtype == real else "float" for dtype in dtypes]
        return self.function("copy.cu", name, real, SOURCE=types[0], TARGET=types[1])

    def constants(self, numbers: np.ndarray) -> Array:
        """Numbers on the device, for kernels to read."""
        device = self.gpu.empty(numbers.size, numbers.dtype)
        self.gpu.upload(numbers, device)
        return device

    def zeros(self, count: int, dtype: Any = "float32") -> Array:
        """A flat array on the device that belongs to whoever asks."""
        return self.gpu.zeros(count, dtype)

    def workspace(self, size: int) -> Array:
        """At least so many bytes on the device, which all kernels of the net write to in turn."""
        if self._workspace is None or self._workspace.size < size:
            # Kernels bound before keep the smaller one.
            self._workspace = self.gpu.empty(size, "uint8")
        return self._workspace


def threads_for(count: int) -> int:
    """Threads of a block that runs through so many numbers by itself."""
    return MOST_THREADS if count > MOST_THREADS else THREADS


def threads_along(count: int) -> int:
    """Threads of a block that has one for each of so many numbers, as far as blocks go."""
    return min(-(-max(count, 1) // WARP) * WARP, MOST_THREADS)


@cache
def _module(gpu: Any, source: str) -> Any:
    """get_function of a compiled source; compiled once, however many nets there are."""
    module = gpu.compile(source, (f"-I{SOURCES}",))
    return cache(module.get_function)


@cache
def _version() -> str:
    """Changes with the sources in cuda/."""
    texts = (path.read_bytes() for path in sorted(SOURCES.iterdir()))
    return sha256(b"".join(texts)).hexdigest()[:16]
