"""Im2col: every window of an image as a column."""

from collections.abc import Sequence
from math import prod

import numpy as np

from ...core import Array, Blobs, Call, Layout, Window
from .context import Context
from .kernel import Wants
from .launch import Launch


class Im2col:
    """y[n, (c, tap), o] = x[n, c, o * stride - pad + tap * dilation], 0 outside x.

    window  slides along the last axes of x, as many as it has
    """

    layout = Layout.PLAIN
    backward_reads = False, False

    def __init__(self, context: Context, window: Window):
        self._context, self._window = context, window

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        return self._launch("im2col", x, y, x, y)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        return self._launch("col2im", dy, dx, dx, dy)

    def _launch(self, name: str, source: Array, target: Array, x: Array, y: Array) -> list[Launch]:
        window, axes = self._window, self._window.axes
        size, out = x.shape[-axes:], y.shape[-axes:]
        fields = size, out, window.kernel, window.stride, window.pad, window.dilation
        geometry = np.array(fields, np.int32).T[::-1]
        function = self._context.function("im2col.cu", name, x.dtype, AXES=axes)
        arguments = source, target, self._context.constants(np.ascontiguousarray(geometry).ravel())
        numbers = prod(out), prod(window.kernel), target.size
        return self._context.each(function, name, target.size, *arguments, *numbers)
