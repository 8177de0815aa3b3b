"""Activation: layers that compute y = f(x) with a kernel of that name where there is one."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Calls
from ...kernels import bind, cpu
from .elementwise import ElementwiseLayer


class Activation(ElementwiseLayer):
    """y = f(x), with an f that has a kernel under the layer's type.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    The kernel's backward takes y, so that a layer whose derivative needs x does without it.
    """

    alpha = 0.0  # the number in f

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._kernel: Any = None
        if not self.derivative_reads_x:
            self._kernel = cpu.prepare_activation(
                *(self.type, bottom[0].count, self.alpha, self.dtype),
                **self.placing(bottom[0], top[0]),
            )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if self._kernel:
            self._kernel.forward(bottom[0].data, top[0].data)
        else:
            super().forward_cpu(bottom, top)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self._kernel:
            super().backward_cpu(top, bottom)
        elif self.propagate_down[0]:
            self._kernel.backward(top[0].data, top[0].diff, bottom[0].diff)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if self._kernel is None:
            return super().bind_forward(bottom, top, constant=constant)
        return bind(self._kernel, "forward", bottom[0].data, top[0].data)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._kernel is None:
            return super().bind_backward(top, bottom, adds)
        if not self.propagate_down[0]:
            return Calls([])
        return bind(self._kernel, "backward", top[0].data, top[0].diff, bottom[0].diff)

    def backward_reads(self) -> tuple[bool, bool]:
        return self._kernel is None, True
