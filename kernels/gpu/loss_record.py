"""LossRecord: keeps the loss of each pass on the device, until somebody wants to read it."""

from collections.abc import Sequence

from ...core import Array, Call
from .context import THREADS, Context


class LossRecord:
    """ring[slot] = sum over tops of weight * sum of the top, or += that.

    ring  floats on the device, one for each of the last passes
    slot  an int on the device, such as context.changing gives: where the loss of this pass goes
    """

    def __init__(self, context: Context, ring: Array, slot: Array):
        self._context, self._ring, self._slot = context, ring, slot

    def bind(self, tops: Sequence[tuple[Array, float]], adds: bool) -> list[Call]:
        """The calls that write the loss of these tops, each with its weight, or add it."""
        nothing = [] if adds else [(self._ring[:0], 0.0)]
        calls = []
        for i, (top, weight) in enumerate([*tops] or nothing):
            record = self._context.function("loss_record.cu", "record", top.dtype)
            numbers = top.size, float(weight), self._ring, self._slot, adds or i > 0
            calls += self._context.blocks(record, "loss record", 1, THREADS, top, *numbers)
        return calls
