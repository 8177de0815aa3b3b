"""Workspace: scratch memory that all kernels of a net share, since they never run at once."""

from weakref import ref

from .descriptors import Descriptor
from .memory import ALIGNMENT, Memory, buffer


class Workspace:
    """Memories in it hold nothing from one kernel to the next; it grows with the largest need."""

    def __init__(self):
        self._buffer = buffer(0)
        self._memories: list[tuple[ref[Memory], int]] = []

    @property
    def bytes(self) -> int:
        """How large it is."""
        return self._buffer.nbytes

    def memory(self, descriptor: Descriptor, start: int) -> Memory:
        """A memory `start` bytes from the beginning, a multiple of the alignment."""
        if start + descriptor.bytes > self.bytes:
            self._grow(start + descriptor.bytes)
        made = Memory(descriptor, self._buffer[start:])
        self._memories.append((ref(made), start))
        return made

    def _grow(self, size: int) -> None:
        self._buffer = buffer(size)
        self._memories = [(m, start) for m, start in self._memories if m() is not None]
        for reference, start in self._memories:
            if memory := reference():
                memory.hold(self._buffer[start:])


class Places:
    """Hands out consecutive places of a workspace, for what one kernel needs at the same time."""

    def __init__(self, workspace: Workspace):
        self._workspace, self._end = workspace, 0

    def memory(self, descriptor: Descriptor) -> Memory:
        """The next place."""
        start = self._end
        self._end += -(-descriptor.bytes // ALIGNMENT) * ALIGNMENT
        return self._workspace.memory(descriptor, start)
