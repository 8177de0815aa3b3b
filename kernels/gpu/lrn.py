"""LRN: local response normalization."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kept_copy import KeptCopy
from .kernel import Wants

MOST_AXES = 3


class LRN:
    """y = x scale^-beta,  scale = k + alpha * the mean of x^2 over the neighbourhood.

    bottom  x (N, C, *size)
    top     y, same shape; may be the bottom itself where no gradient is wanted

    axes    along which the neighbourhood reaches local_size / 2 places either way, at most three
    keeps   whether there will be a backward pass
    """

    layout = Layout.EITHER
    backward_reads = True, True

    def __init__(
        self,
        context: Context,
        axes: Sequence[int],
        local_size: int,
        alpha: float,
        beta: float,
        k: float,
        keeps: bool,
    ):
        self._context, self._axes, self._keeps = context, tuple(axes), keeps
        self._reach = local_size // 2
        self._alpha = alpha / local_size ** len(self._axes)
        self._beta, self._k = float(beta), float(k)
        self._scales: Any = None
        self._copy = KeptCopy(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, x, y = self._context, bottom[0].gpu_data, top[0].gpu_data
        if self._keeps and self._scales is None:
            self._scales = context.zeros(x.size)
        axes, copying = self._geometry(x), []
        if bottom[0] is top[0]:
            # Neighbours read x while y is written.
            copying = self._copy.take(x)
            x = self._copy.array
        numbers = self._alpha, self._beta, self._k
        function = context.function("lrn.cu", "forward", x.dtype)
        return copying + context.each(
            *(function, "LRN", x.size, x, y, self._scales, x.size, *numbers, *axes)
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        x, y = bottom[0].gpu_data, top[0].gpu_data
        dy, dx = top[0].gpu_diff, bottom[0].gpu_diff
        function = self._context.function("lrn.cu", "backward", x.dtype)
        return self._context.each(
            *(function, "LRN, backward", x.size, x, y, self._scales, dy, dx, x.size),
            *(self._alpha, self._beta, *self._geometry(x)),
        )

    def _geometry(self, x: Array) -> list[int]:
        """Size, step and reach of three axes."""
        steps = [stride // x.dtype.itemsize for stride in x.strides]
        geometry = [1, 1, 0] * (MOST_AXES - len(self._axes))
        for axis in self._axes:
            size = x.shape[axis]
            geometry += [size, steps[axis], self._reach if size > 1 else 0]
        return geometry
