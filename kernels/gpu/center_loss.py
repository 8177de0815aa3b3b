"""CenterLoss: how far features are from the centres of their classes."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout
from .context import THREADS, Context
from .faults import Explain
from .kernel import Wants
from .launch import Function, Launch
from .part_sums import PartSums
from .places import WARP, Places
from .reordered import Reordered

FILE = "center_loss.cu"


class CenterLoss:
    """loss = sum |x_n - c_label|^2 / (2 N); what centres get as their gradient: center_loss.cu.

    centers  (classes, K), K being how many numbers an item has
    axis     from which on the axes of x are one vector
    explain  gives the error of a label that names no centre

    Axes of x count in its own order: if it lies channels-last, it is put in order first.
    """

    backward_reads = True, False
    exact_bottoms = (1,)
    exact_tops = (0,)

    def __init__(self, context: Context, centers: Blob, axis: int, explain: Explain):
        self._context, self._centers = context, centers
        self.layout = Layout.CHANNELS_LAST if axis == 1 else Layout.PLAIN
        self._fault = context.faults.add(explain)
        self._sums = PartSums(context)
        self._distances: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        places = self._places(bottom[1])
        if self._distances is None:
            self._distances = self._context.zeros(places.count)
        loading, arguments = self._arguments(bottom)
        loss, mean = top[0].gpu_data, 1 / (2 * max(places.count, 1))
        return [
            *loading,
            *self._each("measure", bottom, *arguments, self._fault, self._distances),
            *self._sums.bind((1, places.count, 1, 1), loss, self._distances, factor=mean),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0] and not wants.weights[0]:
            return []
        calls, arguments = self._arguments(bottom)
        if wants.weights[0]:
            calls += self._pull_centers(bottom, arguments, wants.adds[0])
        if wants.bottoms[0]:
            dx = Reordered(self._context, bottom[0].gpu_diff, channels_last=False)
            factor = top[0].gpu_diff
            calls += self._each("pull_features", bottom, *arguments, factor, dx.array)
            calls += dx.storing
        return calls

    def _pull_centers(self, bottom: Blobs, arguments: tuple[Any, ...], adds: bool) -> list[Launch]:
        context, diff, places = self._context, self._centers.gpu_diff, self._places(bottom[1])
        threads = min(-(-places.size // WARP) * WARP, THREADS)
        shares = -(-places.size // max(threads, 1))
        # What the loss weighs does not count, but updates divide by what it is scaled by.
        scale = context.loss_scale.scale if context.loss_scale else None
        return [
            *([] if adds else context.fill(diff, 0)),
            *context.blocks(
                *(self._function("pull_centers", bottom), "center loss"),
                *(places.count * shares, threads, *arguments, shares, scale, diff),
            ),
        ]

    def _arguments(self, bottom: Blobs) -> tuple[list[Launch], tuple[Any, ...]]:
        """Calls to make first, and what all kernels begin with."""
        x, labels = (
            Reordered(self._context, blob.gpu_data, channels_last=False) for blob in bottom
        )
        places, centers = self._places(bottom[1]), self._centers
        sizes = places.count, places.size, centers.shape[0]
        return x.loading + labels.loading, (x.array, centers.gpu_data, labels.array, *sizes)

    def _each(self, name: str, bottom: Blobs, *arguments: Any) -> list[Launch]:
        function, threads = self._function(name, bottom), self._places(bottom[1]).threads
        return self._context.each(function, "center loss", threads, *arguments)

    def _function(self, name: str, bottom: Blobs) -> Function:
        like: Array = bottom[0].gpu_data
        lanes = self._places(bottom[1]).lanes
        return self._context.function(FILE, name, like.dtype, LANES=lanes)

    def _places(self, labels: Blob) -> Places:
        return Places(labels.count, self._centers.shape[1], 1)
