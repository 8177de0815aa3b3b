"""RegionMax: the largest number of each window of each region."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .launch import Function
from .region_windows import RegionWindows
from .windows import is_channels_last


class RegionMax:
    """y[r, c, i, j] = the largest x[item of r, c] in window (i, j) of region r; an empty one: 0.

    bottom[0]  x (N, C, H, W)
    bottom[1]  regions (R, 5), floats; their gradient is 0
    top        y (R, C, down, across)

    Backward is deterministic: every number of x goes through all regions, N C H W R steps, of
    which those in regions around it add up.
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False
    exact_bottoms = (1,)

    def __init__(self, context: Context, windows: RegionWindows):
        self._context, self._windows = context, windows
        self._index: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        finding = self._windows.find(bottom[1].gpu_data, y.shape[2:])
        if self._index is None:
            self._index = self._context.zeros(y.size, "int32")
        function = self._function("forward", bottom, top)
        return finding + self._context.each(
            *(function, "pooling of regions", y.size, x, *self._windows.arrays, y, self._index),
            *(y.size, *x.shape[1:], *y.shape[2:]),
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        calls = clear_regions(self._context, bottom, wants)
        if not wants.bottoms[0]:
            return calls
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        function = self._function("backward", bottom, top)
        return calls + self._context.each(
            *(function, "pooling of regions, backward", dx.size, dy, *self._windows.arrays),
            *(self._index, dx, dx.size, len(dy), *dx.shape[1:], *dy.shape[2:]),
        )

    def _function(self, name: str, bottom: Blobs, top: Blobs) -> Function:
        return region_function(self._context, "region_max.cu", name, bottom, top)


def region_function(context: Context, file: str, name: str, bottom: Blobs, top: Blobs) -> Function:
    """A kernel of a source that includes regions.cuh."""
    x, y = bottom[0].gpu_data, top[0].gpu_data
    macros = {"X_LAST": int(is_channels_last(x)), "Y_LAST": int(is_channels_last(y))}
    return context.function(file, name, x.dtype, **macros)


def clear_regions(context: Context, bottom: Blobs, wants: Wants) -> list[Call]:
    """The calls that give regions their gradient, which is 0, if anybody asks."""
    if not wants.bottoms[1]:
        return []
    return [*context.fill(bottom[1].gpu_diff, 0.0)]
