"""Constant: tops that are the same in every pass."""

from collections.abc import Sequence

import numpy as np

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class Constant:
    """y = numbers that depend on nothing but shapes; bottoms have a gradient of 0.

    values  an array for each top, of its shape
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False

    def __init__(self, context: Context, values: Sequence[np.ndarray]):
        self._context = context
        self.exact_tops = tuple(range(len(values)))
        self._values = [
            context.constants(np.ascontiguousarray(array).reshape(-1)) for array in values
        ]

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        # Every time: the memory of the tops may be others' between passes.
        return [
            call
            for values, blob in zip(self._values, top, strict=True)
            for call in self._context.copy(values.reshape(blob.shape), blob.gpu_data)
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return [
            call
            for blob, wanted in zip(bottom, wants.bottoms, strict=True)
            if wanted
            for call in self._context.fill(blob.gpu_diff, 0.0)
        ]
