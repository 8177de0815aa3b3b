"""KeptCopy: what a layer in place writes over, kept for its backward pass."""

from ...core import Array
from .context import Context
from .launch import Launch


class KeptCopy:
    """An array of the memory of another, whatever its shape; made when first taken."""

    def __init__(self, context: Context):
        self._context = context
        self.array: Array = None

    def take(self, x: Array) -> list[Launch]:
        """The launches that copy x."""
        if self.array is None:
            self.array = self._context.zeros(x.size, x.dtype)
        return self._context.copy_memory(x, self.array)
