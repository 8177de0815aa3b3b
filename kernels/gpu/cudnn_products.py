"""CudnnProducts: matrix products by cuDNN where it has a plan, else by our own CUDA code."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Call
from .. import cudnn
from ..slope import Ceiling, Slope
from .context import Context
from .cudnn_graphs import first_planned, graph_calls, rectify, tensor
from .cudnn_weights import CudnnWeights


class CudnnProducts:
    """Has the methods of Products, which is `own`."""

    def __init__(self, context: Context, own: Any):
        self._context, self._own = context, own
        self._weights, self._bias = (CudnnWeights(context, False) for _ in range(2))

    def forward(
        self, x: Array, w: Array, bias: Array, y: Array, slope: Slope | None
    ) -> Sequence[Call]:
        """Calls that write y, with a ReLU after it."""
        arrays = x, w, bias, y
        attempts = [
            lambda: [*self._forward(*arrays, None), *rectify(self._context, y, slope)],
            lambda: self._own.forward(*arrays, slope),
        ]
        if slope is not None and not isinstance(slope, Ceiling):
            attempts.insert(0, lambda: self._forward(*arrays, float(slope)))
        return first_planned(*attempts)

    def backward_data(self, dy: Array, w: Array, dx: Array) -> Sequence[Call]:
        """Calls that write dx."""
        return first_planned(
            lambda: self._backward_data(dy, w, dx),
            lambda: self._own.backward_data(dy, w, dx),
        )

    def backward_weights(self, x: Array, dy: Array, dw: Array, adds: bool) -> Sequence[Call]:
        """Calls that write dw, or add to it."""
        # As of filters: float32 where there is a plan.
        return first_planned(
            lambda: self._backward_weights(x, dy, dw, "float32", adds),
            lambda: self._backward_weights(x, dy, dw, x.dtype, adds),
            lambda: self._own.backward_weights(x, dy, dw, adds),
        )

    def _forward(
        self, x: Array, w: Array, bias: Array, y: Array, slope: float | None
    ) -> list[Call]:
        copying, w = self._weights.read(w, x.dtype)
        arrays, options = {"x": x, "weights": w, "y": y}, dict[str, Any]()
        tensors = [tensor(array) for array in arrays.values()]
        rounding: list[Call] = []
        if bias is not None:
            rounding, arrays["bias"] = self._bias.read(bias, x.dtype)
            options["bias"] = tensor(arrays["bias"]).dtype
        forms = cudnn.inner_product(*tensors, **options, slope=slope)
        return [*copying, *rounding, *graph_calls(self._context, forms, arrays)]

    def _backward_data(self, dy: Array, w: Array, dx: Array) -> list[Call]:
        copying, w = self._weights.read(w, dy.dtype)
        arrays = {"dy": dy, "weights": w, "dx": dx}
        forms = cudnn.inner_product_backward_data(*map(tensor, arrays.values()))
        return [*copying, *graph_calls(self._context, forms, arrays)]

    def _backward_weights(
        self, x: Array, dy: Array, dw: Array, dtype: Any, adds: bool
    ) -> list[Call]:
        made, after = self._weights.written(dw, dtype, adds)
        arrays = {"x": x, "dy": dy, "dweights": made}
        forms = cudnn.inner_product_backward_weights(*map(tensor, arrays.values()))
        return [*graph_calls(self._context, forms, arrays), *after]
