"""PyramidPooling: several poolings of one array, laid end to end."""

from collections.abc import Sequence
from math import prod

from ...core import Array, Blobs, Call, Layout, Shape
from .average_pooling import AveragePooling
from .context import Context
from .kernel import Wants
from .max_pooling import MaxPooling

Pooling = MaxPooling | AveragePooling


class PyramidPooling:
    """y = x (N, C, *size) pooled at several levels, each to (N, C * its bins).

    bottom  x (N, C, *size)
    top     y (N, C * the number of all bins), or the one level's (N, C, *bins)

    levels  the pooling of each, and its bins along each axis
    """

    layout = Layout.CHANNELS_LAST
    backward_reads = False, False

    def __init__(self, context: Context, x_shape: Shape, levels: Sequence[tuple[Pooling, Shape]]):
        self._context = context
        self._levels = []
        start, (n, c) = 0, x_shape[:2]
        for pooling, bins in levels:
            stop = start + c * prod(bins)
            self._levels.append((pooling, (n, c, *bins), slice(start, stop)))
            start = stop
        self._y_shape = n, start
        self._rooms: list[Array] = []

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data.reshape(self._y_shape)
        if not self._rooms:
            # What each level gives and, going backward, what it gets.
            self._rooms = [
                self._context.zeros(prod(shape), x.dtype) for _, shape, _ in self._levels
            ]
        calls = []
        for (pooling, shape, place), room in zip(self._levels, self._rooms, strict=True):
            part = y[:, place]
            calls += pooling.forward(x, room.reshape(shape))
            calls += self._context.copy(room.reshape(part.shape), part)
        return calls

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        dx, dy = bottom[0].gpu_diff, top[0].gpu_diff.reshape(self._y_shape)
        calls = []
        for (pooling, shape, place), room in zip(self._levels, self._rooms, strict=True):
            part = dy[:, place]
            adds = place.start > 0
            calls += self._context.copy(part, room.reshape(part.shape))
            calls += pooling.backward(room.reshape(shape), dx, adds=adds)
        return calls
