"""Dropout: silences numbers, or all numbers of a channel, chosen by a hash of key and place."""

from collections.abc import Sequence

import numpy as np

from ...core import Array, Blob, Blobs, Call, Layout
from .context import Context
from .division import divisor
from .folded import Folded, fold_axes
from .fours import each_four
from .kernel import Wants


class Dropout:
    """y = scale x or, where the lottery says so, 0: the same numbers as on the host.

    key         one number on the device, another one in every pass (context.changing)
    threshold   below which 32 random bits lose
    by_channel  whether each channel of each item has one lot
    """

    layout = Layout.EITHER
    backward_reads = False, False

    def __init__(
        self, context: Context, key: Array, threshold: int, scale: float, by_channel: bool
    ):
        self._context, self._key = context, key
        self._threshold, self._scale = np.uint64(threshold), float(scale)
        self._by_channel = by_channel
        # The next pass may have its key before this one has gone backward.
        self._used = context.zeros(1, "uint64")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        return self._drop(bottom[0], x, y, self._key, self._used)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        return self._drop(bottom[0], top[0].gpu_diff, bottom[0].gpu_diff, self._used, None)

    def _drop(self, blob: Blob, x: Array, y: Array, key: Array, used: Array) -> Sequence[Call]:
        _, outer, parts, inner = self._folded(blob)
        function = self._context.function("dropout.cu", "drop", x.dtype)
        numbers = self._threshold, self._scale, self._by_channel
        divisors = *divisor(inner), *divisor(parts), *divisor(outer)
        return each_four(
            *(self._context, function, "dropout", [x, y], blob.count),
            *(key, used, *numbers, outer, parts, *divisors),
        )

    def _folded(self, blob: Blob) -> Folded:
        if blob.channels_last or self._by_channel:
            return fold_axes(blob, 0, 2)
        return 1, 1, blob.count, 1
