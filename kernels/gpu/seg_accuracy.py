"""SegAccuracy: how much of the labelled pixels a segmentation gets right."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Call, Layout
from .context import THREADS, WARP, Context, threads_for
from .faults import Explain
from .kernel import Wants
from .launch import Function
from .places import places_along
from .reordered import Reordered

FILE = "seg_accuracy.cu"
MOST_BLOCKS = 1 << 10


class SegAccuracy:
    """y = (pixel accuracy, class accuracy, intersection over union) of scores (N, C, H, W).

    matrix   (C, C), int64: pixels of one class that are taken for another
    goes_on  whether passes add to it
    ignored  labels that count for nothing
    explain  makes an error of how many labels there are after the first that is no class
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False
    exact_bottoms = (1,)
    exact_tops = (0,)

    def __init__(
        self,
        context: Context,
        matrix: Blob,
        *,
        goes_on: bool,
        ignored: Sequence[int],
        explain: Explain,
    ):
        self._context, self._matrix, self._goes_on = context, matrix, goes_on
        self._ignored: Any = context.constants(np.asarray(ignored, np.float32))
        self._fault = context.faults.add(explain)
        self._counts = context.zeros(matrix.count, "int32")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, x, classes = self._context, bottom[0].gpu_data, self._matrix.shape[0]
        labels = Reordered(context, bottom[1].gpu_data, channels_last=False)
        places = places_along(x, 1)
        blocks = min(-(-places.threads // THREADS), MOST_BLOCKS)
        count = self._function("count", x, places.lanes)
        finish = self._function("finish", x, WARP)
        wrong = self._ignored, self._ignored.size, self._fault
        results = self._matrix.gpu_data, classes, self._goes_on, top[0].gpu_data
        return [
            *labels.loading,
            *context.blocks(
                *(count, "accuracy", blocks, THREADS, x, *places.geometry),
                *(labels.array, *wrong, self._counts),
            ),
            *context.blocks(
                *(finish, "accuracy", 1, threads_for(classes * WARP), self._counts, *results)
            ),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []

    def _function(self, name: str, like: Array, lanes: int) -> Function:
        return self._context.function(FILE, name, like.dtype, LANES=lanes)
