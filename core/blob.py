"""Blob: an array and its gradient."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, Literal

import numpy as np

from ..proto import ConfigError
from .device_memory import DeviceMemory
from .memory import Array, Memory, Shape
from .residence import Residence, Twin

# Caffe's limits; larger sizes are mistyped ones, and would take all memory before they fail.
MOST_AXES = 32
MOST_NUMBERS = 2**31 - 1

Side = Literal["data", "diff"]


class Blob:
    """An array (`data`) and the gradient of the loss with respect to it (`diff`).

    Both are numpy arrays of one shape and dtype. Each is allocated, as zeros, on first use: a net
    that only runs forward never pays for its diffs.

    A blob of a net on a GPU has them there as well (`gpu_data`, `gpu_diff`). Then data and diff are
    copies, fetched when asked for; what is written to them counts in the next pass of the net.

    Channels-last, the arrays have the same shape and other strides: axis 1 of (N, C, *size) runs
    fastest. Kernels of convolutions want it so; nobody else needs to care.
    """

    __slots__ = ("_channels_last", "_count", "_data", "_diff", "_shape", "dtype")

    def __init__(self, shape: Shape = (), dtype: Any = np.float32):
        self.dtype = np.dtype(dtype)
        self._data = Memory()
        self._diff = Memory()
        self._channels_last = False
        self._shape: Shape = ()
        self._count = 1
        self.reshape(shape)

    @property
    def data(self) -> Array:
        """The values, live: writing to the array writes to the blob."""
        shape, last = self._shape, self._channels_last
        return self._data.array(shape, self._count, self.dtype, last)

    @property
    def diff(self) -> Array:
        """Gradient of the loss with respect to data; zeros until written."""
        shape, last = self._shape, self._channels_last
        return self._diff.array(shape, self._count, self.dtype, last)

    @property
    def is_on_gpu(self) -> bool:
        """Whether it lives on a GPU, so that data and diff are copies."""
        return isinstance(self._data, DeviceMemory)

    @property
    def gpu_data(self) -> Array:
        """The values on the GPU that the blob lives on, for kernels."""
        shape, last = self._shape, self._channels_last
        return self._data.device_array(shape, self._count, self.dtype, last)

    @property
    def gpu_diff(self) -> Array:
        """The gradient on the GPU that the blob lives on, for kernels."""
        shape, last = self._shape, self._channels_last
        return self._diff.device_array(shape, self._count, self.dtype, last)

    def live_on(self, residence: Residence) -> None:
        """From now on have twins on a GPU. Before anybody else shares or binds its memory."""
        self._data = DeviceMemory(residence, self._data)
        self._diff = DeviceMemory(residence, self._diff)

    def fetch(self, side: Side) -> None:
        """In the middle of a pass, copy "data" or "diff" from the GPU to the host."""
        self._memory(side).fetch(self._count, self.dtype)

    def store(self, side: Side) -> None:
        """In the middle of a pass, copy "data" or "diff" from the host to the GPU."""
        self._memory(side).store(self._count, self.dtype)

    def _memory(self, side: Side) -> DeviceMemory:
        memory = self.data_memory if side == "data" else self.diff_memory
        assert isinstance(memory, DeviceMemory)
        return memory

    @property
    def handed_out(self) -> bool:
        """Whether somebody was given data, and may write to it at any time."""
        return self._data.root.handed_out

    @handed_out.setter
    def handed_out(self, value: bool) -> None:
        self._data.root.handed_out = value

    @property
    def data_memory(self) -> Memory:
        """What data lies in: the same for blobs that share it."""
        return self._data.root

    @property
    def diff_memory(self) -> Memory:
        """What diff lies in: the same for blobs that share it."""
        return self._diff.root

    @property
    def channels_last(self) -> bool:
        """Whether axis 1 runs fastest through memory. Setting it loses the values."""
        return self._channels_last

    @channels_last.setter
    def channels_last(self, value: bool) -> None:
        if value != self._channels_last:
            self._channels_last = value
            self._data.forget_view()
            self._diff.forget_view()

    def like(self, dtype: Any = None) -> "Blob":
        """A blob of the same shape and layout, and of this dtype or the same."""
        blob = Blob(self._shape, self.dtype if dtype is None else dtype)
        blob.channels_last = self._channels_last
        return blob

    @property
    def shape(self) -> Shape:
        """Shape of data and of diff; () is a single number."""
        return self._shape

    @property
    def count(self) -> int:
        """How many numbers data holds."""
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of data alone."""
        return self._count * self.dtype.itemsize

    @property
    def has_diff(self) -> bool:
        """Whether diff was ever asked for."""
        return self._diff.exists

    def reshape(self, *shape: Any) -> None:
        """Take another shape, as `reshape(2, 3)` or `reshape((2, 3))`.

        Numbers keep their place in memory as far as they fit; the rest is undefined. Raises
        ConfigError for sizes below 0, more than 32 axes or more than 2^31 - 1 numbers.
        """
        if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
            shape = tuple(shape[0])
        shape = tuple(int(n) for n in shape)
        count = prod(shape)
        if min(shape, default=0) < 0:
            raise ConfigError(f"a blob cannot have shape {shape}: sizes are 0 or more")
        if len(shape) > MOST_AXES:
            raise ConfigError(f"a blob cannot have {len(shape)} axes; {MOST_AXES} are allowed")
        if prod(n or 1 for n in shape) > MOST_NUMBERS:
            raise ConfigError(
                f"a blob cannot have shape {shape}: these are {count:,} numbers, and "
                f"{MOST_NUMBERS:,} are allowed"
            )
        self._shape = shape
        self._count = count

    def share_data(self, other: "Blob") -> None:
        """Let data be other's data, in this blob's shape."""
        self._data.share(other._data)

    def share_diff(self, other: "Blob") -> None:
        """Let diff be other's diff, in this blob's shape."""
        self._diff.share(other._diff)

    def clear_diff(self) -> None:
        """In the middle of a pass, set the gradient to zero where it lives."""
        if self.is_on_gpu:
            self._memory("diff").clear(self._count, self.dtype)
        else:
            self.diff[...] = 0

    def keep_diff_apart(self) -> None:
        """Let diff stand on its own again."""
        self._diff.share(self._diff)

    def stand_on(self, data: Twin, diff: Twin, offset: int) -> None:
        """Move into a part of two larger twins on a GPU, keeping the values."""
        for memory, twin in ((self._data, data), (self._diff, diff)):
            assert isinstance(memory, DeviceMemory)
            memory.stand_on(twin, offset)

    def bind(self, data: Array, diff: Array | None = None) -> None:
        """Move into slices of flat arrays, both of `count` numbers, keeping the values."""
        self._data.bind(data)
        if diff is not None:
            self._diff.bind(diff)

    # The four sizes by the names they had when every blob had four axes.

    @property
    def num(self) -> int:
        """Size of axis 0, or 1."""
        return self._legacy_size(0)

    @property
    def channels(self) -> int:
        """Size of axis 1, or 1."""
        return self._legacy_size(1)

    @property
    def height(self) -> int:
        """Size of axis 2, or 1."""
        return self._legacy_size(2)

    @property
    def width(self) -> int:
        """Size of axis 3, or 1."""
        return self._legacy_size(3)

    def _legacy_size(self, axis: int) -> int:
        if len(self._shape) > 4:
            raise ValueError(
                f"num, channels, height and width need at most 4 axes; this blob is {self._shape}"
            )
        return self._shape[axis] if axis < len(self._shape) else 1

    def __repr__(self) -> str:
        return f"Blob({self._shape}, {self.dtype})"


Blobs = Sequence[Blob]


@contextmanager
def unseen(blobs: Blobs) -> Iterator[None]:
    """Use data inside without counting as somebody who was given it and keeps it."""
    before = [blob.handed_out for blob in blobs]
    try:
        yield
    finally:
        for blob, was_handed_out in zip(blobs, before, strict=True):
            blob.handed_out = was_handed_out
