"""Concatenation along an axis, of plain or channels-last arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import Shape
from ...core.calls import Calls
from ..physical import physical
from .descriptors import Descriptor
from .enumerators import Argument
from .memory import Memory
from .operations import concat, reorder


class Concatenation:
    """y = the arrays one after the other; backward, each gets its part of dy."""

    def __init__(self, x_shapes: Sequence[Shape], axis: int, channels_last: bool):
        first = x_shapes[0]
        y_shape = (*first[:axis], sum(s[axis] for s in x_shapes), *first[axis + 1 :])
        self._xs = [Descriptor.outside(shape, channels_last) for shape in x_shapes]
        self._y = Descriptor.outside(y_shape, channels_last)
        self._axis = axis
        self._forward = concat.forward(self._xs, self._y, axis)

    def bind_forward(self, xs: Sequence[Any], y: Any) -> Calls:
        """y, written."""
        memories: dict[Any, Memory] = {Argument.Y: Memory(self._y, y)}
        for i, x in enumerate(xs):
            memories[Argument.MANY_X + i] = Memory(self._xs[i], x)
        return Calls([self._forward.bind(memories)])

    def bind_backward(self, dy: Any, dxs: Sequence[Any]) -> Calls:
        """Each of dxs that is not None, written."""
        calls, start = [], [0] * dy.ndim
        for descriptor, dx in zip(self._xs, dxs, strict=True):
            if dx is not None:
                part = self._y.region(descriptor.shape, tuple(start))
                source = Memory(part, physical(dy).view(np.uint8))
                target = Memory(descriptor, dx)
                operation = reorder.forward(part, descriptor)
                calls.append(operation.bind({Argument.X: source, Argument.Y: target}))
            start[self._axis] += descriptor.shape[self._axis]
        return Calls(calls)
