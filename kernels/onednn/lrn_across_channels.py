"""LRN across channels on plain or channels-last arrays."""

from functools import cached_property
from math import prod
from typing import Any

from ...core import Shape
from ...core.calls import Calls
from .descriptors import Descriptor
from .enumerators import Argument
from .errors import PlanningError
from .memory import Memory
from .operations import lrn
from .primitive import PrimitiveDescriptor
from .staged import Staged
from .workspace import Workspace


class LRNAcrossChannels:
    """y = x * (k + alpha / n * sum of x^2 over the n channels around)^-beta.

    Beside plain arrays, tiles of channels inside, or channels-last where channels do not fill
    tiles: for plain arrays there is no fast backward pass, and a copy of x is kept for it.
    """

    def __init__(
        self,
        x_shape: Shape,
        local_size: int,
        alpha: float,
        beta: float,
        k: float,
        dtype: Any,
        channels_last: tuple[bool, bool],
        workspace: Any,
    ):
        n, c, *size = x_shape
        self._shape = (n, c, prod(size), 1)
        self._x, self._y = (Descriptor.outside(self._shape, a, dtype) for a in channels_last)
        self._workspace = workspace or Workspace()
        response = lrn.Response(local_size, alpha, beta, k)
        tiles = not any(channels_last)
        self._plan_forward, self._plan_backward = _planned(self._shape, dtype, response, tiles)
        wanted = self._plan_forward.arguments()
        self._kept: dict[Any, Memory] = {}
        if Argument.WORKSPACE in wanted:
            self._kept[Argument.WORKSPACE] = Memory(wanted[Argument.WORKSPACE])
        if wanted[Argument.X] != self._x:
            self._kept[Argument.X] = Memory(wanted[Argument.X])

    def forward(self, x, y) -> None:
        self._forward(x=x.reshape(self._shape), y=y.reshape(self._shape))

    def backward(self, x, y, dy, dx) -> None:
        x, dy, dx = (a.reshape(self._shape) for a in (x, dy, dx))
        self._backward(dy=dy, dx=dx, **self._of_x(x))

    def bind_forward(self, x, y) -> Calls:
        """As forward."""
        arrays = {"x": x.reshape(self._shape), "y": y.reshape(self._shape)}
        return self._stage_forward().hold(**arrays).calls

    def bind_backward(self, x, y, dy, dx) -> Calls:
        """As backward."""
        x, dy, dx = (a.reshape(self._shape) for a in (x, dy, dx))
        return self._stage_backward().hold(dy=dy, dx=dx, **self._of_x(x)).calls

    def _of_x(self, x) -> dict[str, Any]:
        return {} if Argument.X in self._kept else {"x": x}

    def _stage_forward(self) -> Staged:
        outside = {Argument.X: self._x, Argument.Y: self._y}
        return Staged(self._plan_forward, outside, self._workspace, kept=self._kept)

    def _stage_backward(self) -> Staged:
        outside = {Argument.DY: self._y, Argument.DX: self._x}
        if Argument.X not in self._kept:
            outside[Argument.X] = self._x
        return Staged(self._plan_backward, outside, self._workspace, kept=self._kept)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward()

    @cached_property
    def _backward(self) -> Staged:
        return self._stage_backward()


def _planned(
    shape: Shape, dtype: Any, response: lrn.Response, tiles: bool
) -> tuple[PrimitiveDescriptor, PrimitiveDescriptor]:
    """Both passes in the first layout that has fast code for them."""
    layouts = []
    if tiles:
        layouts = [Descriptor.tiled(shape, tile) for tile in (16, 8) if shape[1] % tile == 0]
    problem: PlanningError | None = None
    for inside in (*layouts, Descriptor.channels_last(shape, dtype)):
        try:
            forward = lrn.forward(inside, inside, response)
            return forward, lrn.backward(inside, inside, inside, response, forward)
        except PlanningError as declined:
            problem = declined
    assert problem
    raise problem
