"""Resizing: planes whose rows and columns are weighted sums of neighbours."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .launch import Launch
from .windows import is_channels_last


class Band(NamedTuple):
    """A matrix whose rows have few numbers other than 0, close to each other; on the device."""

    first: Array  # the column of the first of them, for each row
    weights: Array  # (rows, most of them in a row)
    most: int


class Resizing:
    """y = R x C^T, plane by plane; a further bottom has a gradient of 0.

    rows, columns  R (height, H) and C (width, W)
    skips_unknown  whether nan is left out, or makes nan where it weighs more than half; then there
                   is no gradient
    """

    layout = Layout.CHANNELS_LAST  # in any order, each blob in its own
    backward_reads = False, False

    def __init__(
        self, context: Context, rows: np.ndarray, columns: np.ndarray, skips_unknown: bool = False
    ):
        self._context, self._name = context, "downsample" if skips_unknown else "resize"
        self._matrices = rows, columns
        self._bands = [_band(context, matrix) for matrix in self._matrices]

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._resize(bottom[0].gpu_data, top[0].gpu_data, self._bands)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        calls = []
        if wants.bottoms[0]:
            bands = [_band(self._context, matrix.T) for matrix in self._matrices]
            calls += self._resize(top[0].gpu_diff, bottom[0].gpu_diff, bands)
        for blob in [b for b, wanted in zip(bottom[1:], wants.bottoms[1:], strict=True) if wanted]:
            calls += self._context.fill(blob.gpu_diff, 0)
        return calls

    def _resize(self, x: Array, y: Array, bands: list[Band]) -> list[Launch]:
        function = self._context.function("resizing.cu", self._name, y.dtype)
        strides = [stride // x.dtype.itemsize for stride in x.strides]
        sizes = (*y.shape[1:], is_channels_last(y), y.size)
        weights: list[Any] = [part for band in bands for part in band]
        return self._context.each(function, self._name, y.size, x, y, *weights, *strides, *sizes)


def _band(context: Context, matrix: np.ndarray) -> Band:
    counts = matrix != 0
    first = np.where(counts.any(axis=1), counts.argmax(axis=1), 0)
    last = np.where(counts.any(axis=1), matrix.shape[1] - 1 - counts[:, ::-1].argmax(axis=1), 0)
    most = int((last - first).max(initial=0)) + 1
    # Rows at the end begin earlier, so that nobody reads past them.
    first = np.minimum(first, max(matrix.shape[1] - most, 0))
    places = np.minimum(first[:, None] + np.arange(most), matrix.shape[1] - 1)
    weights = np.take_along_axis(matrix, places, 1) if matrix.size else np.zeros((len(matrix), 0))
    return Band(
        context.constants(first.astype(np.int32)),
        context.constants(np.ascontiguousarray(weights, np.float32).reshape(-1)),
        weights.shape[1],
    )
