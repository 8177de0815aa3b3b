"""Peaks: where score maps are above all that is around."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout
from .context import THREADS, Context
from .kernel import Wants
from .launch import Function
from .windows import is_channels_last

PART = 1 << 12  # places of a map that a block looks at


class Peaks:
    """The peaks of maps (N, C, H, W), as layers/nms.py says.

    maps       the shape of the bottom
    wanted     how many maps of an item count
    most       how many peaks of a map there are at the most
    threshold  peaks are above
    reach      how far around a peak its place is measured
    """

    layout = Layout.EITHER
    backward_reads = False, False
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        maps: tuple[int, ...],
        wanted: int,
        most: int,
        threshold: float,
        reach: int,
    ):
        self._context, self._most, self._threshold = context, most, float(threshold)
        self._reach = reach
        items, channels, h, w = maps
        self._count = items * wanted
        self._geometry = self._count, channels, wanted, h, w
        self._parts, self._room = -(-h * w // PART), min(most, PART)
        lists = self._count * self._parts
        self._peaks = context.zeros(lists * self._room, "int32")
        self._counts = context.zeros(lists, "int32")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, x, y = self._context, bottom[0].gpu_data, top[0].gpu_data
        find, write = (self._compiled(name, x) for name in ("find_peaks", "write_peaks"))
        maps, lists = (x, *self._geometry), (self._room, self._peaks, self._counts)
        strides = [stride // y.dtype.itemsize for stride in y.strides]
        return [
            *context.blocks(
                *(find, "peaks", self._count * self._parts, THREADS, *maps, self._parts, PART),
                *(self._threshold, *lists),
            ),
            *context.blocks(
                *(write, "peaks", self._count, THREADS, *maps, self._parts, *lists, self._most),
                *(y, *strides),
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _compiled(self, name: str, x: Array) -> Function:
        macros = {"LAST": int(is_channels_last(x)), "REACH": self._reach}
        return self._context.function("peaks.cu", name, x.dtype, **macros)
