"""Repeating: every number several times."""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .copying import axes_of, geometry_of
from .kernel import Wants


class Repeating:
    """y = copies of x; dx = the sum of the gradients of the copies.

    copies  gives y seen as (a, b, *x.shape): a times b copies
    """

    layout = Layout.CHANNELS_LAST  # in any order, each blob in its own
    backward_reads = False, False

    def __init__(self, context: Context, copies: Callable[[Array], Array]):
        self._context, self._copies = context, copies

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, self._copies(top[0].gpu_data)
        return self._context.copy(np.broadcast_to(x, y.shape), y)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dx, dy = bottom[0].gpu_diff, self._copies(top[0].gpu_diff)
        if not wants.bottoms[0] or not dx.size:
            return []
        axes = axes_of(dy[0, 0], dx)
        where = (self._context.constants(geometry_of(axes)) if axes else None, len(axes))
        (a, b, *_), (a_stride, b_stride, *_) = dy.shape, dy.strides
        repeats = a, a_stride // dy.dtype.itemsize, b, b_stride // dy.dtype.itemsize
        function = self._context.function("repeating.cu", "sum_copies", dx.dtype)
        return self._context.each(
            function, "sum_copies", prod(dx.shape), dy, dx, *where, *repeats, dx.size
        )
