"""InnerProduct: y = x w^T + b."""

from collections.abc import Sequence
from math import prod

from ...core import Array, Blob, Blobs, Call, Layout
from ..slope import Slope
from .context import Context
from .kernel import Wants
from .part_sums import PartSums
from .products import choose_products


class InnerProduct:
    """y = x w^T + b, all axes of x from `axis` on being one vector.

    w   (num_output, inputs), or (inputs, num_output) if transposed
    b   (num_output,), or None

    Axes of x count in its own order: if it lies channels-last, it is put in order first.
    """

    backward_reads = True, False
    applies_relu = True

    def __init__(self, context: Context, w: Blob, b: Blob | None, axis: int, transposed: bool):
        self._context, self._w, self._b = context, w, b
        self._axis, self._transposed = axis, transposed
        self._sums, self._products = PartSums(context), choose_products(context)
        self._ordered: Array = None

    @property
    def layout(self) -> Layout:
        """Convolutions before it had better not be told to write plain maps."""
        return Layout.CHANNELS_LAST if self._axis == 1 else Layout.PLAIN

    def bind_forward(self, bottom: Blobs, top: Blobs, slope: Slope | None = None) -> Sequence[Call]:
        first, x = self._in_order(bottom[0].gpu_data)
        w, y = self._by_output(self._w.gpu_data), self._outputs(top[0].gpu_data)
        bias = self._b.gpu_data if self._b else None
        return [*first, *self._products.forward(self._inputs(x), w, bias, y, slope)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        dy = self._outputs(top[0].gpu_diff)
        calls: list[Call] = []
        if wants.weights[0]:
            first, x = self._in_order(bottom[0].gpu_data)
            dw, adds = self._by_output(self._w.gpu_diff), wants.adds[0]
            products = self._products.backward_weights(self._inputs(x), dy, dw, adds)
            calls += [*first, *products]
        if self._b and wants.weights[1]:
            folded = 1, *dy.shape, 1
            calls += self._sums.bind(folded, self._b.gpu_diff, dy, adds=wants.adds[1])
        if wants.bottoms[0]:
            dx, w = bottom[0].gpu_diff, self._by_output(self._w.gpu_data)
            made = dx if dx.flags.c_contiguous else self._room(dx)
            calls += self._products.backward_data(dy, w, self._inputs(made))
            if made is not dx:
                calls += self._context.copy(made, dx)
        return calls

    def _in_order(self, x: Array) -> tuple[Sequence[Call], Array]:
        """x in plain memory, and the calls that bring it there."""
        if x.flags.c_contiguous:
            return [], x
        ordered = self._room(x)
        return self._context.copy(x, ordered), ordered

    def _room(self, x: Array) -> Array:
        if self._ordered is None:
            self._ordered = self._context.zeros(x.size, x.dtype)
        return self._ordered.reshape(x.shape)

    def _by_output(self, w: Array) -> Array:
        """The weights as (num_output, inputs)."""
        w = w.reshape(self._w.shape)
        return w.T if self._transposed else w

    def _inputs(self, x: Array) -> Array:
        rows = prod(x.shape[: self._axis])
        return x.reshape(rows, self._w.shape[0 if self._transposed else 1])

    def _outputs(self, y: Array) -> Array:
        columns = self._w.shape[1 if self._transposed else 0]
        return y.reshape(prod(y.shape[:-1]), columns)
