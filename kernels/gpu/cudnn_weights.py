"""CudnnWeights: weights as cuDNN wants them, beside the float32 ones in the order of files."""

from math import prod
from typing import Any

from ...core import Array, Call, Shape
from ...core.memory import shaped
from .context import Context


class CudnnWeights:
    """Copies of weights, and of their gradients on the way back.

    channels_last   whether axis 1 has to lie dense, as it does in images channels-last
    """

    def __init__(self, context: Context, channels_last: bool):
        self._context, self._channels_last = context, channels_last
        self._rooms: dict[str, Array] = {}

    def read(self, w: Array, dtype: Any) -> tuple[list[Call], Array]:
        """The weights in another dtype, and the calls that bring them there in each pass."""
        if w.dtype == dtype and self._lies_well(w.shape):
            return [], w
        copy = self._room(w.shape, dtype)
        return [*self._context.copy(w, copy)], copy

    def written(self, dw: Array, dtype: Any, adds: bool) -> tuple[Array, list[Call]]:
        """Where to write a gradient, and the calls that bring it from there, or add it, to dw."""
        if not adds and dw.dtype == dtype and self._lies_well(dw.shape):
            return dw, []
        room = self._room(dw.shape, dtype)
        return room, [*self._context.copy(room, dw, adds=adds)]

    def _room(self, shape: Shape, dtype: Any) -> Array:
        # One for weights and gradients: neither is used any more when the other is made.
        key = str(dtype)
        if key not in self._rooms:
            self._rooms[key] = self._context.zeros(prod(shape), dtype)
        return shaped(self._rooms[key], shape, self._channels_last and len(shape) > 2)

    def _lies_well(self, shape: Shape) -> bool:
        # Of one tap, or of one channel, both orders are the same.
        return not self._channels_last or shape[1] == 1 or prod(shape[2:]) == 1
