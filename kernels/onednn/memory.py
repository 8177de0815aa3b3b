"""Memory: elements in a layout, in a buffer of their own or in an array of the caller."""

from typing import Any

import numpy as np

from .descriptors import Descriptor
from .errors import OneDNNError
from .handle import Handle
from .library import library
from .threads import engine

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


def buffer(size: int):
    """Uninitialized bytes that start at a cache line."""
    space = np.empty(size + ALIGNMENT, np.uint8)
    start = -space.ctypes.data % ALIGNMENT
    return space[start : start + size]


class Memory(Handle):
    """What a primitive reads or writes: an array, and how its elements lie.

    `array` is either bytes (from buffer()) or a NumPy array with just this shape, dtype and
    strides; without one, Memory makes its own bytes. It is kept alive.
    """

    _destroy = "memory_destroy"

    def __init__(self, descriptor: Descriptor, array: Any = None):
        if descriptor.is_unspecified:
            raise OneDNNError(f"memory: the layout of {descriptor} is not known yet")
        super().__init__("memory_create", descriptor, engine(), None)
        self.descriptor = descriptor
        self._is_written = False
        self._array: Any = None
        self._set = library().function("memory_set_data_handle")
        self.hold(buffer(descriptor.bytes) if array is None else array)

    @property
    def array(self):
        """The elements, as an array of the descriptor's shape. Raises OneDNNError if blocked."""
        if self._array.shape == self.descriptor.shape and self._array.dtype != np.uint8:
            return self._array
        strides, dtype = self.descriptor.strides, self.descriptor.dtype
        if strides is None:
            raise OneDNNError(f"memory: {self.descriptor} is no strided array; reorder it")
        steps = [dtype.itemsize * stride for stride in strides]
        return np.ndarray(self.descriptor.shape, dtype, self._array, strides=steps)

    def hold(self, array: Any) -> None:
        """Refer to this array from now on."""
        if array is self._array:
            return
        self._check(array)
        self._set(self, array.ctypes.data)
        self._array = array

    def will_be_written(self) -> None:
        """Refuse arrays that cannot be written to, now and later."""
        self._is_written = True
        self._check_writeable(self._array)

    def _check(self, array: Any) -> None:
        descriptor = self.descriptor
        if not isinstance(array, np.ndarray):
            raise OneDNNError(f"memory: needs a NumPy array, got {type(array).__name__}")
        if array.dtype == np.uint8 and array.ndim == 1:
            if array.nbytes < descriptor.bytes or not array.flags.c_contiguous:
                raise OneDNNError(
                    f"memory: {descriptor} takes {descriptor.bytes} consecutive bytes, "
                    f"got {array.nbytes}"
                )
        elif array.dtype != descriptor.dtype or array.shape != descriptor.shape:
            raise OneDNNError(
                f"memory: needs {descriptor.dtype} of shape {descriptor.shape}, "
                f"got {array.dtype} of shape {array.shape}"
            )
        elif not self._fits(array):
            raise OneDNNError(f"memory: an array with strides {array.strides} is not {descriptor}")
        if self._is_written:
            self._check_writeable(array)

    def _fits(self, array: Any) -> bool:
        wanted = self.descriptor.strides
        return wanted is not None and all(
            length == 1 or stride == step * array.itemsize
            for length, stride, step in zip(array.shape, array.strides, wanted, strict=True)
        )

    def _check_writeable(self, array: Any) -> None:
        if not array.flags.writeable:
            raise OneDNNError(f"memory: a result {self.descriptor} cannot go to a read-only array")
