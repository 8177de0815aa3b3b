"""MarginInnerProduct: y = x w^T, with a margin in the angle between x and its class."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blob, Blobs, Call
from .context import Context
from .faults import Explain
from .inner_product import InnerProduct
from .kernel import Wants
from .launch import Function, Launch
from .places import Places
from .reordered import Reordered

FILE = "margin_inner_product.cu"


class MarginInnerProduct:
    """y = x w^T, but for the label |x| (psi(theta) + lambda cos(theta)) / (1 + lambda).

    psi(theta) = (-1)^k P(cos theta) - 2 k, k counting the limits that cos theta is below.

    w           (num_output, inputs); forward scales each row to length 1
    axis        from which on the axes of x are one vector
    polynomial  coefficients of P, of rising powers
    limits      none: there is no margin, and psi is the cosine
    lambda_     one number on the device, another one in every pass; top[1], if there is one
    explain     gives the error of a label that names no class
    """

    backward_reads = True, False
    exact_bottoms = (1,)
    exact_tops = (1,)

    def __init__(
        self,
        context: Context,
        w: Blob,
        axis: int,
        polynomial: Sequence[float],
        limits: Sequence[float],
        lambda_: Array,
        explain: Explain,
    ):
        self._context, self._w = context, w
        self._lambda, self._fault = lambda_, context.faults.add(explain)
        self._has_margin = len(limits) > 0
        self._macros = {"MARGIN": len(limits) + 1}
        self._macros |= {"COEFFICIENTS": _listed(polynomial), "LIMITS": _listed(limits)}
        self._product = InnerProduct(context, w, None, axis, transposed=False)
        self.layout = self._product.layout
        # For backward: by then lambda may be that of the next pass.
        self._pulls: Array = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        if self._pulls is None:
            self._pulls = self._context.zeros(2 * bottom[1].count)
        results = self._lambda, self._fault, self._pulls, top[0].gpu_data
        shown = [self._context.copy_memory(self._lambda, blob.gpu_data) for blob in top[1:]]
        return [
            *self._scale_rows(),
            *self._product.bind_forward(bottom, top),
            *self._each_item("add_margin", bottom, *results),
            *(call for calls in shown for call in calls),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        product = self._product.bind_backward(top, bottom, wants)
        if not wants.bottoms[0] or not self._has_margin:
            return product
        dx = Reordered(self._context, bottom[0].gpu_diff, channels_last=False)
        pull = self._each_item("pull", bottom, self._pulls, top[0].gpu_diff, dx.array)
        return [*product, *dx.loading, *pull, *dx.storing]

    def _scale_rows(self) -> list[Launch]:
        w, rows = self._w.gpu_data, Places(self._w.shape[0], self._w.shape[1], 1)
        function = self._function("scale_rows", w, rows)
        return self._context.each(function, "unit rows", rows.threads, w, rows.count, rows.size)

    def _each_item(self, name: str, bottom: Blobs, *arguments: Any) -> list[Launch]:
        """Calls for x and labels in order, and the launch of a kernel that begins with them."""
        x, labels = (
            Reordered(self._context, blob.gpu_data, channels_last=False) for blob in bottom
        )
        classes, size = self._w.shape
        items = Places(labels.array.size, size, 1)
        given = x.array, self._w.gpu_data, labels.array, items.count, size, classes
        function = self._function(name, x.array, items)
        launches = self._context.each(function, "margin", items.threads, *given, *arguments)
        return [*x.loading, *labels.loading, *launches]

    def _function(self, name: str, like: Array, places: Places) -> Function:
        macros = {**self._macros, "LANES": places.lanes}
        return self._context.function(FILE, name, like.dtype, **macros)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{float(number)!r}f" for number in numbers)
