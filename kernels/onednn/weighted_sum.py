"""Weighted sums of arrays that lie in memory alike, wherever axes run."""

from collections.abc import Sequence
from typing import Any

from ...core.calls import Calls
from ..physical import physical
from ..slope import Slope
from .attributes import Attributes, rectified
from .descriptors import Descriptor
from .enumerators import Argument, Binary
from .memory import Memory
from .operations import binary
from .operations import sum as sum_operation


class WeightedSum:
    """y = the sum of weight * x over the inputs; with a slope, ReLU of that."""

    def __init__(self, count: int, weights: Sequence[float]):
        self._weights = list(weights)
        self._flat = Descriptor.plain((count,))
        self.applies_relu = self._weights == [1.0, 1.0]

    def bind_forward(self, xs: Sequence[Any], y: Any, *, slope: Slope | None = None) -> Calls:
        """y, which may be the first of xs."""
        inputs = [Memory(self._flat, physical(x)) for x in xs]
        memories: dict[Any, Memory] = {Argument.Y: Memory(self._flat, physical(y))}
        if self.applies_relu:
            flat, attributes = self._flat, Attributes(rectified(slope))
            planned = binary.forward(Binary.ADD, flat, flat, flat, attributes)
            memories |= dict(zip((Argument.X, Argument.X_1), inputs, strict=True))
        else:
            planned = sum_operation.forward([self._flat] * len(xs), self._flat, self._weights)
            memories |= {Argument.MANY_X + i: memory for i, memory in enumerate(inputs)}
        return Calls([planned.bind(memories)])
