"""Softmax along the last axis of arrays folded to (outer, size, 1)."""

from functools import cached_property
from typing import Any

from ...core.calls import Calls
from .descriptors import Descriptor
from .enumerators import Argument
from .enumerators import Softmax as Method
from .operations import softmax
from .staged import Staged
from .workspace import Workspace

_AXIS = 1


class Softmax:
    """y = exp(x) / sum exp(x); y may be x, and dx dy."""

    def __init__(self, folded: tuple[int, int, int], workspace: Any):
        self._array = array = Descriptor.plain(folded)
        self._workspace = workspace or Workspace()
        self._plan_forward = softmax.forward(Method.SOFTMAX, array, array, _AXIS)
        self._plan_backward = softmax.backward(
            Method.SOFTMAX, array, array, array, _AXIS, self._plan_forward
        )

    def forward(self, x, y) -> None:
        self._forward(x=x, y=y)

    def backward(self, y, dy, dx) -> None:
        self._backward(y=y, dy=dy, dx=dx)

    def bind_forward(self, x, y) -> Calls:
        """As forward."""
        return self._stage_forward().hold(x=x, y=y).calls

    def _stage_forward(self) -> Staged:
        outside = {Argument.X: self._array, Argument.Y: self._array}
        return Staged(self._plan_forward, outside, self._workspace)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward()

    @cached_property
    def _backward(self) -> Staged:
        array = self._array
        outside = {Argument.Y: array, Argument.DY: array, Argument.DX: array}
        return Staged(self._plan_backward, outside, self._workspace, results=(Argument.DX,))
