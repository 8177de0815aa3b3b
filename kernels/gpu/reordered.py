"""Reordered: an array in the order in memory that a kernel wants, whatever its own is."""

from ...core import Array
from ...core.memory import shaped
from .context import Context
from .launch import Launch


class Reordered:
    """A device array, or, if it lies otherwise than asked for, another of its shape that does not.

    array  to be read after `loading`, or written before `storing`: launches that copy between the
           two, none where the array itself will do
    """

    def __init__(self, context: Context, own: Array, channels_last: bool):
        self._context, self._own = context, own
        self.array = own
        channels_last = channels_last and len(own.shape) > 2
        if own.size and not _lies(own, channels_last):
            memory = context.zeros(own.size, own.dtype)
            self.array = shaped(memory, own.shape, channels_last)

    @property
    def loading(self) -> list[Launch]:
        """What makes the array hold the numbers."""
        return [] if self.array is self._own else self._context.copy(self._own, self.array)

    @property
    def storing(self) -> list[Launch]:
        """What puts the numbers of the array where they belong."""
        return [] if self.array is self._own else self._context.copy(self.array, self._own)


def _lies(array: Array, channels_last: bool) -> bool:
    """Whether an array that lies dense does so in this order."""
    n, c, *size = (*array.shape, 1, 1)[: max(len(array.shape), 2)]
    axes = [0, *range(2, len(size) + 2), 1] if channels_last else range(len(array.shape))
    wanted = array.dtype.itemsize
    for axis in reversed(axes):
        if array.shape[axis] > 1 and array.strides[axis] != wanted:
            return False
        wanted *= array.shape[axis]
    return True
