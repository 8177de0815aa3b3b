"""Tensor: how an array lies in memory, as cuDNN is told."""

import math
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import mul
from typing import Self

from ...core import Shape
from .errors import PlanningError

DTYPES = {"float32": "FLOAT", "float16": "HALF", "bfloat16": "BFLOAT16"}


@dataclass(frozen=True)
class Tensor:
    """Shape (N, C, spatial axes), one stride per axis, counted in elements, and the dtype's name.

    Filters have a shape too: (K, C / group, kernel).
    """

    shape: Shape
    strides: tuple[int, ...]
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise PlanningError(
                f"cuDNN: computes on {', '.join(DTYPES)}. Received: dtype={self.dtype}"
            )

    @classmethod
    def plain(cls, shape: Shape, dtype: str = "float32") -> Self:
        """In the order of the axes, the last one dense: NCHW, and KCRS for filters in a file."""
        return cls(tuple(shape), _dense(shape, range(len(shape))), dtype)

    @classmethod
    def channels_last(cls, shape: Shape, dtype: str = "float32") -> Self:
        """Axis 1 dense: NHWC, and KRSC for filters."""
        order = (0, *range(2, len(shape)), 1)
        return cls(tuple(shape), _dense(shape, order), dtype)

    @property
    def is_channels_last(self) -> bool:
        """Whether its elements lie as if channels-last; an axis of one position has no say."""
        wanted = self.channels_last(self.shape).strides
        pairs = zip(self.shape, self.strides, wanted, strict=True)
        return all(n == 1 or ours == theirs for n, ours, theirs in pairs)

    def alike(self, other: "Tensor") -> "Tensor":
        """The same memory, called channels-last if both this and the other can be called so.

        Filters of one tap, filters of one channel and arrays of one position are both plain and
        channels-last. cuDNN goes by the strides, and is fastest where they agree.
        """
        if not (self.is_channels_last and other.is_channels_last):
            return self
        return self.channels_last(self.shape, self.dtype)

    def as_image(self) -> "Tensor":
        """The same memory with two spatial axes or more: cuDNN knows no single one, nor none."""
        if len(self.shape) > 3:
            return self
        outer, inner = self.shape[:2], self.shape[2:]
        w, step = (inner[0], self.strides[2]) if inner else (1, math.prod(outer[1:]))
        # A row's stride is that of all its positions; the one row is never left.
        return replace(self, shape=(*outer, 1, w), strides=(*self.strides[:2], w * step, step))


def per_channel(x: Tensor, dtype: str = "float32") -> Tensor:
    """An array of one number for each channel of x, as (1, C, 1, 1)."""
    return Tensor.channels_last((1, x.shape[1], *(1 for _ in x.shape[2:])), dtype)


def _dense(shape: Shape, order) -> tuple[int, ...]:
    inwards = list(order)[::-1]
    steps = accumulate((shape[axis] for axis in inwards[:-1]), mul, initial=1)
    by_axis = dict(zip(inwards, steps, strict=True))
    return tuple(by_axis[axis] for axis in range(len(shape)))
