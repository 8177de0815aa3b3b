"""ReLU on the numbers of arrays that lie in memory alike, wherever axes run."""

from functools import cached_property
from typing import Any

from ...core.calls import Calls
from ..physical import physical
from .descriptors import Descriptor
from .enumerators import Argument, Eltwise
from .operations import eltwise
from .staged import Staged
from .workspace import Workspace


class ReLU:
    """y = x where x > 0, else slope * x."""

    def __init__(self, count: int, slope: float, workspace: Any):
        self._flat = flat = Descriptor.plain((count,))
        self._workspace = workspace or Workspace()
        self._plan_forward = eltwise.forward(Eltwise.RELU, flat, flat, slope)
        self._plan_backward = eltwise.backward(
            Eltwise.RELU, flat, flat, flat, slope, 0.0, self._plan_forward
        )

    def forward(self, x, y) -> None:
        self._forward(x=physical(x), y=physical(y))

    def backward(self, x, dy, dx) -> None:
        self._backward(x=physical(x), dy=physical(dy), dx=physical(dx))

    def bind_forward(self, x, y) -> Calls:
        """As forward."""
        return self._stage_forward().hold(x=physical(x), y=physical(y)).calls

    def bind_backward(self, x, dy, dx) -> Calls:
        """As backward; x may be y, which has its sign."""
        return self._stage_backward().hold(x=physical(x), dy=physical(dy), dx=physical(dx)).calls

    def _stage_forward(self) -> Staged:
        outside = {Argument.X: self._flat, Argument.Y: self._flat}
        return Staged(self._plan_forward, outside, self._workspace)

    def _stage_backward(self) -> Staged:
        flat = self._flat
        outside = {Argument.X: flat, Argument.DY: flat, Argument.DX: flat}
        return Staged(self._plan_backward, outside, self._workspace)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward()

    @cached_property
    def _backward(self) -> Staged:
        return self._stage_backward()
