"""Batch normalization, with scale, shift and ReLU, on plain or channels-last arrays."""

from typing import Any

import numpy as np

from ...core import Array, Shape
from ...core.calls import Calls
from .descriptors import Descriptor
from .enumerators import Argument, Normalization
from .memory import Memory
from .operations import batch_normalization
from .staged import Staged
from .workspace import Workspace


class BatchNormalization:
    """y = scale (x - mean) / sqrt(variance + epsilon) + shift, then perhaps max(y, 0).

    mean and variance, arrays of C numbers, are results of forward, unless they are given to it.
    """

    def __init__(
        self,
        x_shape: Shape,
        epsilon: float,
        *,
        scales: bool,
        shifts: bool,
        relu: bool,
        given_statistics: bool,
        channels_last: bool,
        workspace: Any,
    ):
        parts = {
            Normalization.SCALE: scales,
            Normalization.SHIFT: shifts,
            Normalization.RELU: relu,
            Normalization.GIVEN_STATISTICS: given_statistics,
        }
        flags = Normalization.NOTHING
        for flag, wanted in parts.items():
            flags |= flag if wanted else Normalization.NOTHING
        self._x = Descriptor.outside(x_shape, channels_last)
        self._channels = Descriptor.plain(x_shape[1:2])
        self._scales, self._shifts = scales, shifts
        self._workspace = workspace or Workspace()
        self._forward = batch_normalization.forward(self._x, self._x, epsilon, flags)
        self._backward = batch_normalization.backward(
            self._x, self._x, self._x, epsilon, flags, self._forward
        )
        self.mean: Array = np.zeros(x_shape[1], np.float32)
        self.variance: Array = np.zeros(x_shape[1], np.float32)
        self._kept: dict[Any, Memory] = {
            Argument.MEAN: Memory(self._channels, self.mean),
            Argument.VARIANCE: Memory(self._channels, self.variance),
        }
        if relu:
            self._kept[Argument.WORKSPACE] = Memory(self._forward.arguments()[Argument.WORKSPACE])

    def bind_forward(self, x, scale, shift, y) -> Calls:
        """y; scale and shift are None where the kernel was prepared without them."""
        outside = {Argument.X: self._x, Argument.Y: self._x}
        given = {"x": x, "y": y}
        if self._scales:
            outside[Argument.SCALE], given["scale"] = self._channels, scale
        if self._shifts:
            outside[Argument.SHIFT], given["shift"] = self._channels, shift
        kept = self._kept | self._unused(Argument.SHIFT)
        staged = Staged(self._forward, outside, self._workspace, kept=kept)
        return staged.hold(**given).calls

    def bind_backward(self, x, scale, dy, dx, dscale, dshift) -> Calls:
        """dx, which may be dy, and dscale and dshift, or None for what there is not: written."""
        outside = {Argument.X: self._x, Argument.DY: self._x, Argument.DX: self._x}
        given = {"x": x, "dy": dy, "dx": dx}
        if self._scales:
            outside |= {Argument.SCALE: self._channels, Argument.DSCALE: self._channels}
            given |= {"scale": scale, "dscale": dscale}
        if self._shifts:
            outside[Argument.DSHIFT], given["dshift"] = self._channels, dshift
        kept = self._kept | self._unused(Argument.DSHIFT)
        staged = Staged(self._backward, outside, self._workspace, kept=kept)
        return staged.hold(**given).calls

    def _unused(self, argument: int) -> dict[Any, Memory]:
        """What oneDNN lists as an argument though there is a scale alone."""
        if not self._scales or self._shifts:
            return {}
        return {argument: Memory(self._channels, np.zeros_like(self.mean))}
