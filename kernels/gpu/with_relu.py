"""WithReLU: another kernel, and the ReLU that its layer has after it."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from ..slope import Ceiling, Slope
from .context import Context
from .elementwise import Elementwise
from .kernel import Kernel, Wants


class WithReLU:
    """y = ReLU(what the kernel gives), in place.

    A kernel that can do it itself says so with `applies_relu`, and is bound with slope=...
    """

    def __init__(self, context: Context, kernel: Kernel, slope: Slope):
        self._kernel: Any = kernel
        self._fused = {"slope": slope} if getattr(kernel, "applies_relu", False) else None
        self._relu = rectifier(context, slope)

    @property
    def layout(self) -> Layout:
        return self._kernel.layout

    @property
    def backward_reads(self) -> tuple[bool, bool]:
        """The kernel's, and the top for the ReLU."""
        return self._kernel.backward_reads[0], True

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        if self._fused:
            return self._kernel.bind_forward(bottom, top, **self._fused)
        return [*self._kernel.bind_forward(bottom, top), *self._relu.bind_forward(top, top)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        first = self._relu.bind_backward(top, top, Wants([True]))
        return [*first, *self._kernel.bind_backward(top, bottom, wants)]


def rectifier(context: Context, slope: Slope) -> Elementwise:
    """The ReLU alone; its derivative is told by y."""
    if isinstance(slope, Ceiling):
        bounds = "clamped(x, 0.f, a)", "y > 0 && y < a ? 1.f : 0.f"
        return Elementwise(context, *bounds, [slope.limit])
    return Elementwise(context, "rectified(x, a)", "y > 0 ? 1.f : a", [slope])
