"""PoolingKernel: what max and average pooling share."""

from functools import cached_property
from typing import Any

from ...core import Shape, Window
from .descriptors import Descriptor
from .enumerators import Argument, Pooling
from .memory import Memory
from .operations import pooling
from .primitive import PrimitiveDescriptor
from .staged import Staged
from .workspace import Workspace


class PoolingKernel:
    """Both passes of a pooling, in the layout of x inside."""

    kept: dict[Argument, Memory]  # what forward leaves for backward

    def __init__(
        self,
        method: Pooling,
        x_shape: Shape,
        window: Window,
        out: Shape,
        dtype: Any,
        channels_last: tuple[bool, bool],
        workspace: Any,
        training: bool = True,
    ):
        y_shape = (*x_shape[:2], *out)
        self._method, self._window, self.kept = method, window, {}
        self._x = Descriptor.outside(x_shape, channels_last[0], dtype)
        self._y = Descriptor.outside(y_shape, channels_last[1], dtype)
        self._inside = self._x, Descriptor.outside(y_shape, channels_last[0], dtype)
        self._workspace = workspace or Workspace()
        self.planned = pooling.forward(method, *self._inside, window, training=training)
        self._training = training
        if training:
            self._planned_backward  # noqa: B018 - declined here if there is no fast code

    def stage_forward(self) -> Staged:
        """Forward, for x and y."""
        outside = {Argument.X: self._x, Argument.Y: self._y}
        return Staged(self.planned, outside, self._workspace, kept=self.kept)

    def stage_backward(self) -> Staged:
        """Backward, for dy and dx."""
        outside = {Argument.DY: self._y, Argument.DX: self._x}
        return Staged(self._planned_backward, outside, self._workspace, kept=self.kept)

    @cached_property
    def forward_on_arrays(self) -> Staged:
        """Forward on arrays that may change from call to call."""
        return self.stage_forward()

    @cached_property
    def backward_on_arrays(self) -> Staged:
        """Backward on arrays that may change from call to call."""
        return self.stage_backward()

    @cached_property
    def _planned_backward(self) -> PrimitiveDescriptor:
        return pooling.backward(self._method, *self._inside, self._window, self.planned)
