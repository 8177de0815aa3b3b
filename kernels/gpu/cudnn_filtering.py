"""CudnnFiltering: convolutions by cuDNN where it has a plan, else by our own CUDA code."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Call, Window
from ...core.memory import shaped
from .. import cudnn
from ..slope import Ceiling, Slope
from .context import Context
from .cudnn_graphs import first_planned, graph_calls, rectify, tensor
from .cudnn_weights import CudnnWeights


class CudnnFiltering:
    """A convolution, or its transpose; has the methods of Filtering, which is `own`.

    cuDNN wants all arrays to lie alike: if one is channels-last, a copy stands in for any other.
    """

    def __init__(
        self, context: Context, x: Array, y: Array, window: Window, transposed: bool, own: Any
    ):
        self._context, self._window, self._own = context, window, own
        name = "deconvolution" if transposed else "convolution"
        self._recipes = {
            part: getattr(cudnn, name + part)
            for part in ("", "_backward_data", "_backward_filters")
        }
        self._channels_last = any(not _is_plain(array) for array in (x, y))
        self._weights = CudnnWeights(context, self._channels_last)
        self._bias = CudnnWeights(context, False)
        self._rooms: dict[str, Array] = {}

    def forward(
        self, x: Array, filters: Array, bias: Array, y: Array, slope: Slope | None
    ) -> Sequence[Call]:
        """Calls that write y."""
        arrays = x, filters, bias, y
        attempts = [
            lambda: [*self._forward(*arrays, None), *rectify(self._context, y, slope)],
            lambda: self._own.forward(*arrays, slope),
        ]
        if slope is not None and not isinstance(slope, Ceiling):
            attempts.insert(0, lambda: self._forward(*arrays, slope))
        return first_planned(*attempts)

    def backward_data(self, dy: Array, filters: Array, dx: Array) -> Sequence[Call]:
        """Calls that write dx."""
        return first_planned(
            lambda: self._backward_data(dy, filters, dx),
            lambda: self._own.backward_data(dy, filters, dx),
        )

    def backward_filters(self, x: Array, dy: Array, dfilters: Array, adds: bool) -> Sequence[Call]:
        """Calls that write the gradient of the filters, or add it."""
        # Sums of 16-bit products are best left in float32, for which not all devices have plans.
        return first_planned(
            lambda: self._backward_filters(x, dy, dfilters, "float32", adds),
            lambda: self._backward_filters(x, dy, dfilters, x.dtype, adds),
            lambda: self._own.backward_filters(x, dy, dfilters, adds),
        )

    def _forward(
        self, x: Array, filters: Array, bias: Array, y: Array, slope: float | None
    ) -> list[Call]:
        before, x = self._given("x", x)
        copying, filters = self._weights.read(filters, x.dtype)
        out, after = self._written("y", y)
        arrays, options = {"x": x, "filters": filters, "y": out}, dict[str, Any]()
        rounding: list[Call] = []
        if bias is not None:
            rounding, arrays["bias"] = self._bias.read(bias, x.dtype)
            options["bias"] = tensor(arrays["bias"]).dtype
        return [
            *(*before, *copying, *rounding),
            *self._call("", arrays, **options, slope=None if slope is None else float(slope)),
            *after,
        ]

    def _backward_data(self, dy: Array, filters: Array, dx: Array) -> list[Call]:
        before, dy = self._given("y", dy)
        copying, filters = self._weights.read(filters, dy.dtype)
        out, after = self._written("x", dx)
        arrays = {"dy": dy, "filters": filters, "dx": out}
        return [*before, *copying, *self._call("_backward_data", arrays), *after]

    def _backward_filters(
        self, x: Array, dy: Array, dfilters: Array, dtype: Any, adds: bool
    ) -> list[Call]:
        before, x = self._given("x", x)
        also_before, dy = self._given("y", dy)
        made, after = self._weights.written(dfilters, dtype, adds)
        arrays = {"x": x, "dy": dy, "dfilters": made}
        return [*before, *also_before, *self._call("_backward_filters", arrays), *after]

    def _call(self, part: str, arrays: dict[str, Array], **options: Any) -> list[Call]:
        tensors = [tensor(array) for role, array in arrays.items() if role != "bias"]
        recipe = self._recipes[part](*tensors, self._window, **options)
        return graph_calls(self._context, recipe, arrays)

    def _given(self, side: str, array: Array) -> tuple[list[Call], Array]:
        """What stands in for an array that is read, and the calls that copy it there."""
        room = self._stand_in(side, array)
        return ([], array) if room is None else ([*self._context.copy(array, room)], room)

    def _written(self, side: str, array: Array) -> tuple[Array, list[Call]]:
        """What stands in for an array that is written, and the calls that copy it back."""
        room = self._stand_in(side, array)
        return (array, []) if room is None else (room, [*self._context.copy(room, array)])

    def _stand_in(self, side: str, array: Array) -> Array | None:
        if not self._channels_last or tensor(array).is_channels_last:
            return None
        if side not in self._rooms:
            self._rooms[side] = self._context.zeros(array.size, array.dtype)
        return shaped(self._rooms[side], array.shape, True)


def _is_plain(array: Array) -> bool:
    return bool(array.flags.c_contiguous)
