"""RegionMean: the mean of each window of each region, with channels of its own."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .region_max import clear_regions, region_function
from .region_windows import RegionWindows


class RegionMean:
    """y[r, d, i, j] = the mean of x[item of r, (d G + i) G + j] in window (i, j) of region r.

    bottom[0]  x (N, outputs G^2, H, W)
    bottom[1]  regions (R, 5), floats; their gradient is 0
    top        y (R, outputs, G, G); 0 where a window is empty

    Backward is deterministic, as RegionMax's: N C H W R steps.
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False
    exact_bottoms = (1,)

    def __init__(self, context: Context, windows: RegionWindows):
        self._context, self._windows = context, windows

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        _, outputs, *out = y.shape
        finding = self._windows.find(bottom[1].gpu_data, tuple(out))
        function = region_function(self._context, "region_mean.cu", "forward", bottom, top)
        return finding + self._context.each(
            *(function, "means of regions", y.size, x, *self._windows.arrays, y),
            *(y.size, outputs, *x.shape[2:], out[0]),
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        calls = clear_regions(self._context, bottom, wants)
        if not wants.bottoms[0]:
            return calls
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        function = region_function(self._context, "region_mean.cu", "backward", bottom, top)
        return calls + self._context.each(
            *(function, "means of regions, backward", dx.size, dy, *self._windows.arrays),
            *(dx, dx.size, len(dy), dy.shape[1], *dx.shape[2:], dy.shape[2]),
        )
