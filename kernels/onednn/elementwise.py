"""Functions of each number, on arrays that lie in memory alike, wherever axes run."""

from functools import cached_property
from typing import Any

from ...core.calls import Calls
from ..physical import physical
from .descriptors import Descriptor
from .enumerators import Argument, Eltwise
from .operations import eltwise
from .staged import Staged
from .workspace import Workspace


class Elementwise:
    """y = f(x); backward takes x, or y where f's derivative is told by it (functions *_OF_Y)."""

    def __init__(
        self, count: int, function: Eltwise, alpha: float, workspace: Any, beta: float = 0.0
    ):
        self._flat = flat = Descriptor.plain((count,))
        self._workspace = workspace or Workspace()
        forward = Eltwise[function.name.removesuffix("_OF_Y")]
        self._data = Argument.Y if function is not forward else Argument.X
        self._plan_forward = eltwise.forward(forward, flat, flat, alpha, beta)
        self._plan_backward = eltwise.backward(
            function, flat, flat, flat, alpha, beta, self._plan_forward
        )

    def forward(self, x, y) -> None:
        self._forward(x=physical(x), y=physical(y))

    def backward(self, data, dy, dx) -> None:
        self._backward(**self._given(data, dy, dx))

    def bind_forward(self, x, y) -> Calls:
        """As forward; y may be x."""
        return self._stage_forward().hold(x=physical(x), y=physical(y)).calls

    def bind_backward(self, data, dy, dx) -> Calls:
        """As backward; dx may be dy."""
        return self._stage_backward().hold(**self._given(data, dy, dx)).calls

    def _given(self, data, dy, dx) -> dict[str, Any]:
        name = self._data.name.lower()
        return {name: physical(data), "dy": physical(dy), "dx": physical(dx)}

    def _stage_forward(self) -> Staged:
        outside = {Argument.X: self._flat, Argument.Y: self._flat}
        return Staged(self._plan_forward, outside, self._workspace)

    def _stage_backward(self) -> Staged:
        flat = self._flat
        outside = {self._data: flat, Argument.DY: flat, Argument.DX: flat}
        results = (Argument.DX,)
        return Staged(self._plan_backward, outside, self._workspace, results=results)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward()

    @cached_property
    def _backward(self) -> Staged:
        return self._stage_backward()
