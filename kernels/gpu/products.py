"""Products: the matrix products of an inner product, and who takes them."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Call
from ..slope import Slope
from .context import Context
from .cudnn_choice import may_ask_cudnn
from .matmul import multiply


class Products:
    """y = x w^T + b and its gradients, by our own CUDA code.

    All have two axes and any strides: x (N, K), w (num_output, K), y (N, num_output).
    """

    def __init__(self, context: Context):
        self._context = context

    def forward(
        self, x: Array, w: Array, bias: Array, y: Array, slope: Slope | None
    ) -> Sequence[Call]:
        """Calls that write y, with a ReLU after it."""
        return multiply(self._context, x, w.T, y, bias=bias, slope=slope)

    def backward_data(self, dy: Array, w: Array, dx: Array) -> Sequence[Call]:
        """Calls that write dx."""
        return multiply(self._context, dy, w, dx)

    def backward_weights(self, x: Array, dy: Array, dw: Array, adds: bool) -> Sequence[Call]:
        """Calls that write dw, or add to it."""
        if dw.flags.c_contiguous:
            return multiply(self._context, dy.T, x, dw, adds=adds)
        return multiply(self._context, x.T, dy, dw.T, adds=adds)


def choose_products(context: Context) -> Any:
    """What takes the products: the one place where that is decided."""
    own = Products(context)
    if not may_ask_cudnn(context):
        return own
    from .cudnn_products import CudnnProducts

    return CudnnProducts(context, own)
