"""ArgMax: where the largest values are."""

from collections.abc import Sequence
from math import prod

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .places import Places, places_along


class ArgMax:
    """The top_k largest numbers along an axis, or without one of each item; has no gradient.

    With an axis y has their indices or, if it gives_values, the numbers themselves; without, their
    indices and, if it gives_values, the numbers after them.
    """

    backward_reads = False, False
    exact_tops = (0,)

    def __init__(self, context: Context, axis: int | None, top_k: int, gives_values: bool):
        self._context, self._axis = context, axis
        self._top_k, self._gives_values = top_k, gives_values
        self.layout = Layout.EITHER if axis == 1 else Layout.PLAIN

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y, k = bottom[0].gpu_data, top[0].gpu_data, self._top_k
        if self._axis is None:
            places = Places(x.shape[0], prod(x.shape[1:]), 1)
            where = (2 * k, 0, k) if self._gives_values else (k, 0, -1)
        else:
            places = places_along(x, self._axis)
            where = (k, -1, 0) if self._gives_values else (k, 0, -1)
        function = self._context.function("arg_max.cu", "arg_max", x.dtype, LANES=places.lanes)
        return self._context.each(
            function, "arg_max", places.threads, x, y, k, *where, *places.geometry
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []
