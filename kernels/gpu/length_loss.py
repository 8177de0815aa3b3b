"""LengthLoss: the lengths of differences of vectors, one at each place of an image."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout, Shape
from .context import THREADS, Context
from .kernel import Wants
from .launch import Launch
from .places import places_along
from .reordered import Reordered

MOST_BLOCKS = 1 << 9  # whose sums another block adds up


class LengthLoss:
    """loss = sum sqrt(weight sum_c (a - b)^2 + epsilon) / divisor, b being 0 if there is none.

    channel_weight  the weight of squares
    plateau         shorter differences count as 0
    divisor         None: how many numbers are known, not NaN, over the channels, but at least 1
    wanted          which bottoms are to have gradients
    """

    backward_reads = True, False
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        bottoms: Sequence[Shape],
        wanted: Sequence[bool],
        channel_weight: float,
        plateau: float,
        epsilon: float,
        divisor: float | None,
    ):
        self._context = context
        self._numbers = float(channel_weight), float(plateau), float(epsilon)
        self._divisor, self._divided_by = float(divisor or 0), context.zeros(1)
        has_images = len(set(bottoms)) == 1 and len(bottoms[0]) > 2
        self.layout = Layout.CHANNELS_LAST if has_images else Layout.PLAIN
        # What has no gradient is data, which is not to be rounded.
        self.exact_bottoms = () if all(wanted) else (1,)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, places = self._context, places_along(bottom[0].gpu_data, 1)
        loading, arguments = self._arguments(bottom)
        blocks = min(-(-places.threads // THREADS), MOST_BLOCKS)
        partial = context.zeros(2 * blocks, "float64")
        totals = partial, blocks, places.size, self._divisor, self._divided_by, top[0].gpu_data
        return [
            *loading,
            *context.blocks(
                *(self._function("sum_lengths", arguments, places.lanes), "loss", blocks, THREADS),
                *(*arguments, partial),
            ),
            *context.blocks(self._function("finish", arguments, 1), "loss", 1, THREADS, *totals),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not any(wants.bottoms):
            return []
        context, places = self._context, places_along(bottom[0].gpu_data, 1)
        loading, arguments = self._arguments(bottom)
        diffs = [
            Reordered(context, blob.gpu_diff, bottom[0].channels_last) if wanted else None
            for blob, wanted in zip(bottom, wants.bottoms, strict=True)
        ]
        targets = [*(diff and diff.array for diff in diffs), None][:2]
        factors = top[0].gpu_diff, self._divided_by
        function = self._function("gradients", arguments, places.lanes)
        return [
            *loading,
            *context.each(function, "loss", places.threads, *arguments, *factors, *targets),
            *(call for diff in diffs if diff for call in diff.storing),
        ]

    def _arguments(self, bottom: Blobs) -> tuple[list[Launch], tuple[Any, ...]]:
        """Calls to make first, and what the kernels that run through places begin with."""
        a, b = bottom[0].gpu_data, None
        ordered: list[Reordered] = [
            Reordered(self._context, blob.gpu_data, bottom[0].channels_last) for blob in bottom[1:]
        ]
        if ordered:
            b = ordered[0].array
        calls = [call for one in ordered for call in one.loading]
        return calls, (a, b, *places_along(a, 1).geometry, *self._numbers)

    def _function(self, name: str, arguments: Sequence[Array], lanes: int) -> Any:
        a, b, *_ = arguments
        macros = {"LANES": lanes}
        if b is not None and a.dtype != b.dtype:
            macros["B_IS_FLOAT"] = 1
        return self._context.function("length_loss.cu", name, a.dtype, **macros)
