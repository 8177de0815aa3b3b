"""LocalFilters: a convolution whose filters are different at every place of the output."""

from collections.abc import Sequence
from math import prod
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout, Window
from .context import Context
from .correlation_tables import Tables, side_of, to_image, to_map, widened
from .kernel import Wants
from .part_sums import PartSums


class LocalFilters:
    """y[n, m, o] = sum over k of w[m, 0, k, o] x's number k in window o, + b[0, 0, m, o]."""

    layout = Layout.EITHER
    backward_reads = True, False

    def __init__(self, context: Context, w: Blob, b: Blob | None, window: Window):
        self._context, self._w, self._b = context, w, b
        self._window = widened(window)
        self._taps, self._places = w.shape[2:]
        self._sums = PartSums(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        _, arrays = self._tables(to_map, x, y)
        bias = self._b.gpu_data if self._b else None
        return self._each(
            "forward", y, y.size, x, self._w.gpu_data, bias, y, *arrays, self._places, y.size
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dy = top[0].gpu_diff
        calls: list[Call] = []
        if wants.weights[0]:
            x, dw = bottom[0].gpu_data, self._w.gpu_diff
            _, arrays = self._tables(to_map, x, dy)
            end = self._places, dw.size, wants.adds[0]
            calls += self._each("backward_filters", dy, dw.size, x, dy, dw, *arrays, *end)
        if self._b and wants.weights[1]:
            calls += self._bias_gradient(dy, self._b, wants.adds[1])
        if wants.bottoms[0]:
            dx = bottom[0].gpu_diff
            tables, arrays = self._tables(to_image, dx, dy)
            count = len(tables.phases) * tables.rows * tables.columns
            end = tables.rows, prod(self._window.kernel), self._places, count
            w = self._w.gpu_data
            calls += self._each("backward_data", dy, count, dy, w, dx, *arrays, *end)
        return calls

    def _bias_gradient(self, dy: Array, b: Blob, adds: bool) -> list[Call]:
        calls: list[Call] = []
        # b is plain, and has a number for each of y's of an item.
        if not dy.flags.c_contiguous:
            plain = self._context.zeros(dy.size, dy.dtype).reshape(dy.shape)
            calls += self._context.copy(dy, plain)
            dy = plain
        folded = 1, dy.shape[0], b.count, 1
        return calls + self._sums.bind(folded, b.gpu_diff, dy, adds=adds)

    def _tables(self, make: Any, image: Array, maps: Array) -> tuple[Tables, list[Array]]:
        tables: Tables = make(side_of(image), side_of(maps), self._window, 1)
        numbers = tables.taps, tables.places, tables.correlation, tables.phases
        return tables, [self._context.constants(array.reshape(-1)) for array in numbers]

    def _each(self, name: str, like: Array, count: int, *arguments: Any) -> list[Call]:
        function = self._context.function("local.cu", name, like.dtype)
        return [*self._context.each(function, f"local_{name}", count, *arguments)]
