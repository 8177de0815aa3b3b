"""DeviceMemory: one side of a blob that lives on a GPU, with a copy on the host."""

from typing import Any

from .memory import Array, Memory, Shape, shaped
from .residence import Residence, Twin


class DeviceMemory(Memory):
    """A Memory whose numbers are a Twin's, all of them or those from an offset on."""

    __slots__ = ("_device_view", "_offset", "_residence", "_twin", "device_dtype")

    def __init__(self, residence: Residence, before: Memory):
        """Take over what was written to `before`, a memory of the host."""
        super().__init__()
        self._residence = residence
        self._twin: Twin | None = None
        self._offset = 0
        self._device_view: Any = None
        self.device_dtype: Any = None  # how the device stores the numbers, if not as the host
        self._source = before._source
        if before._buffer is not None and self._source is None:
            self._take(before._buffer.size, before._buffer.dtype).host()[...] = before._buffer

    @property
    def exists(self) -> bool:
        if self._source is not None:
            return self._source.exists
        return self._twin is not None and self._twin.exists

    def array(self, shape: Shape, count: int, dtype: Any, channels_last: bool) -> Array:
        if self._source is not None:
            return self._source.array(shape, count, dtype, channels_last)
        self.handed_out = True
        host = self._take(count, dtype).host()
        view = self._view
        if view is None or view.shape != shape:
            self._view = view = shaped(self._own(host)[:count], shape, channels_last)
        return view

    def device_array(self, shape: Shape, count: int, dtype: Any, channels_last: bool) -> Array:
        if self._source is not None:
            return self._source.device_array(shape, count, dtype, channels_last)
        device = self._take(count, dtype).device()
        view = self._device_view
        if view is None or view.shape != shape:
            view = self._device_view = shaped(self._own(device)[:count], shape, channels_last)
        return view

    def fetch(self, count: int, dtype: Any) -> None:
        """Copy these numbers to the host, in the middle of a pass."""
        self._take(count, dtype).fetch(slice(self._offset, self._offset + count))

    def store(self, count: int, dtype: Any) -> None:
        """Copy these numbers to the device, in the middle of a pass."""
        twin = self._take(count, dtype)
        twin.host()
        twin.store(slice(self._offset, self._offset + count))

    def store_as(self, device_dtype: Any) -> None:
        """Let the device store the numbers so; before there are any."""
        self.device_dtype = device_dtype
        if self._twin is not None and self._twin.device_dtype != device_dtype:
            written = self._twin.host()
            self._twin = Twin(self._residence, self._twin.count, self._twin.dtype, device_dtype)
            self._twin.host()[...] = written

    def clear(self, count: int, dtype: Any) -> None:
        """Set these numbers to zero on the device, in the middle of a pass."""
        self._residence.gpu.clear(self._own(self._take(count, dtype).device())[:count])

    def forget_view(self) -> None:
        super().forget_view()
        self._device_view = None

    def share(self, source: Memory) -> None:
        super().share(source)
        self._twin, self._device_view, self._offset = None, None, 0

    def bind(self, flat: Array) -> None:
        """From now on be, on the device, a slice of a larger float32 array; nothing goes along."""
        device = flat if self.device_dtype is None else flat.view(self.device_dtype)
        self._twin = Twin(self._residence, device.size, flat.dtype, self.device_dtype)
        self._twin.lie_in(device)
        self._source, self._offset = None, 0
        self._view = self._device_view = None

    def stand_on(self, twin: Twin, offset: int) -> None:
        """From now on be the numbers of a larger Twin, taking along what was written so far."""
        if self._twin is not None and self._twin.exists:
            written = self._twin.host()
            twin.host()[offset : offset + written.size] = written
        self._source, self._twin, self._offset = None, twin, offset
        self._view = self._device_view = None

    def _take(self, count: int, dtype: Any) -> Twin:
        """The twin, one with room for `count` numbers."""
        if self._twin is None or self._twin.count < self._offset + count:
            # A smaller shape keeps the twin, so that batches of two sizes cost nothing.
            self._twin = Twin(self._residence, count, dtype, self.device_dtype)
            self._view = self._device_view = None
        return self._twin

    def _own(self, flat: Array) -> Array:
        return flat[self._offset :]
