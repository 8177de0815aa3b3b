"""Parts: sums and scaling of the parts of a folded array, as Scale and BatchNorm need them."""

from typing import Any

import numpy as np

from ...core import Array
from ...kernels import cpu


class Parts:
    """Works on arrays folded to (outer, parts, inner); a part is all numbers of one middle index.

    By a kernel where there is one that is faster than array code.
    """

    def __init__(self, folded: tuple[int, int, int]):
        self._kernel: Any = cpu.prepare_parts(folded)

    def row_sums(self, x: Array) -> Array:
        """The sums of x over the inner axis, (outer, parts)."""
        if self._kernel:
            return self._kernel.row_sums(x)
        return x.sum(axis=2)

    def row_products(self, x: Array, y: Array) -> Array:
        """The sums of x * y over the inner axis, (outer, parts)."""
        if self._kernel:
            return self._kernel.row_products(x, y)
        return np.einsum("opi,opi->op", x, y)

    def scale(self, x: Array, s: Array, b: Array | None, y: Array) -> None:
        """Write s x + b to y, which may be x; s and b (parts, 1), without b nothing is added."""
        if self._kernel:
            self._kernel.scale(x, s, b, y)
            return
        np.multiply(x, s, out=y)
        if b is not None:
            y += b
