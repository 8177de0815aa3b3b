"""Softmax: scores made probabilities along an axis."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .launch import Launch
from .places import Places, places_along


class Softmax:
    """y = exp(x) / sum exp(x) along an axis; y may be x."""

    layout = Layout.EITHER
    backward_reads = False, True

    def __init__(self, context: Context, axis: int):
        self._context, self._axis = context, axis

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        return softmax(self._context, places_along(x, self._axis), x, y)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        y, dy, dx = top[0].gpu_data, top[0].gpu_diff, bottom[0].gpu_diff
        places = places_along(y, self._axis)
        function = self._context.function("softmax.cu", "backward", y.dtype, LANES=places.lanes)
        arrays = y, dy, dx
        return self._context.each(function, "softmax", places.threads, *arrays, *places.geometry)


def softmax(context: Context, places: Places, x: Array, y: Array) -> list[Launch]:
    """The launch that writes the softmax of x to y: as x, or floats."""
    macros = {"LANES": places.lanes}
    if x.dtype != y.dtype:
        macros["Y_IS_FLOAT"] = 1
    function = context.function("softmax.cu", "forward", x.dtype, **macros)
    return context.each(function, "softmax", places.threads, x, y, *places.geometry)
