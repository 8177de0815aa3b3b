"""AxisSoftmax: the arithmetic of Softmax and of the losses with a softmax inside."""

from functools import partial
from typing import Any

import numpy as np

from ...core import Array, Calls
from ...core.calls import bind
from ...kernels import cpu

# A diverged net has infinite scores: its softmax is nan, which whoever reads the loss can see.
_silently = np.errstate(invalid="ignore")


class AxisSoftmax:
    """y = exp(x) / sum exp(x) over the middle axis of arrays folded to (outer, size, inner)."""

    def __init__(self, dtype: Any, folded: tuple[int, int, int], workspace: Any = None):
        outer, _, inner = folded
        self._kernel: Any = cpu.prepare_softmax(folded, dtype, workspace=workspace)
        self._folded = folded
        self._row: Array = np.empty((outer, 1, inner), dtype)

    @_silently
    def forward(self, x: Array, y: Array) -> None:
        """Write the softmax of x to y, which may be x itself."""
        if not x.size:  # NumPy knows no largest of nothing
            return
        row = self._row
        x, y = x.reshape(self._folded), y.reshape(self._folded)
        if self._kernel:
            self._kernel.forward(x, y)
            return
        # exp of nothing above 0: it cannot overflow.
        np.max(x, axis=1, keepdims=True, out=row)
        np.subtract(x, row, out=y)
        np.exp(y, out=y)
        np.sum(y, axis=1, keepdims=True, out=row)
        y /= row

    def bind_forward(self, x: Array, y: Array) -> Calls:
        """The calls of forward with these arrays."""
        if not self._kernel:
            return Calls([partial(self.forward, x, y)])
        return bind(self._kernel, "forward", x.reshape(self._folded), y.reshape(self._folded))

    @_silently
    def backward(self, y: Array, dy: Array, dx: Array) -> None:
        """Write the gradient of x, given y and its gradient, to dx, which may be dy itself."""
        row = self._row
        y, dy, dx = (array.reshape(self._folded) for array in (y, dy, dx))
        if self._kernel:
            self._kernel.backward(y, dy, dx)
            return
        row[:, 0] = np.einsum("oci,oci->oi", y, dy)
        np.subtract(dy, row, out=dx)
        dx *= y
