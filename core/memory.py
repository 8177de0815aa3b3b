"""Memory: one side of a blob (its data or its diff), wherever the numbers really lie."""

from typing import Any

import numpy as np

Array = Any  # a numpy.ndarray, or on a GPU a cupy.ndarray
Shape = tuple[int, ...]


class Memory:
    """A flat buffer, made on first use, and the view of it that has the blob's shape.

    Channels-last, axis 1 of the view runs fastest through the buffer. The memory may instead
    stand on another memory (a Split's top reads its bottom) or on an array that somebody else
    owns (a weight is a slice of the net's flat array).
    """

    __slots__ = ("_buffer", "_source", "_view", "handed_out")

    def __init__(self):
        self._buffer: Any = None
        self._view: Any = None
        self._source: Memory | None = None
        self.handed_out = False  # whether somebody was given the array, and may write to it

    @property
    def root(self) -> "Memory":
        """The memory that this one stands on, or itself."""
        return self._source.root if self._source is not None else self

    @property
    def exists(self) -> bool:
        """Whether anything was allocated, here or where this memory stands."""
        return self._source.exists if self._source else self._buffer is not None

    def array(self, shape: Shape, count: int, dtype: Any, channels_last: bool) -> Array:
        """The view of `shape`; zeros where nothing was written yet."""
        if self._source is not None:
            return self._source.array(shape, count, dtype, channels_last)
        self.handed_out = True
        view = self._view
        if view is not None and view.shape == shape:
            return view
        if self._buffer is None or self._buffer.size < count:
            # A smaller shape keeps the buffer, so that batches of two sizes cost nothing.
            self._buffer = np.zeros(count, dtype)
        self._view = shaped(self._buffer[:count], shape, channels_last)
        return self._view

    def device_array(self, shape: Shape, count: int, dtype: Any, channels_last: bool) -> Array:
        """The view of `shape` of the numbers on the device."""
        if self._source is None:
            raise RuntimeError("these numbers live on the host alone")
        return self._source.device_array(shape, count, dtype, channels_last)

    def forget_view(self) -> None:
        """Make the view anew when it is next asked for: the layout changed."""
        self._view = None
        if self._source is not None:
            self._source.forget_view()

    def share(self, source: "Memory") -> None:
        """From now on be the same numbers as source."""
        self._source = None if source is self else source
        self._buffer = self._view = None

    def bind(self, flat: Array) -> None:
        """From now on lie in `flat`, taking along what was written so far."""
        if self._buffer is not None:
            flat[...] = self._buffer[: flat.size]
        self._source, self._buffer, self._view = None, flat, None


def shaped(flat: Array, shape: Shape, channels_last: bool) -> Array:
    """A view of a flat array; channels-last, axis 1 runs fastest through it."""
    if not channels_last:
        return flat.reshape(shape)
    n, c, *size = shape
    axes = len(shape)
    return flat.reshape(n, *size, c).transpose(0, axes - 1, *range(1, axes - 1))
