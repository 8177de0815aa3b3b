"""How arrays on a device are copied: the axes that a copy has to run through."""

from math import prod
from typing import NamedTuple

import numpy as np

from ...core import Array

Axis = tuple[int, int, int]  # size, and how far apart neighbours are in source and target
SQUARE = 32  # what a block of copy_crosswise copies, both ways
FEW = 8  # numbers side by side, which are not worth the way through a square


def axes_of(source: Array, target: Array) -> list[Axis]:
    """The axes of two arrays of one shape, the one that runs fastest through target first.

    Axes of size 1 are left out, and those that run on into each other are made one.
    """
    if source.shape != target.shape:
        raise ValueError(f"cannot copy shape {source.shape} to {target.shape}")
    sizes = source.dtype.itemsize, target.dtype.itemsize
    axes = [
        (n, s // sizes[0], t // sizes[1])
        for n, s, t in zip(source.shape, source.strides, target.strides, strict=True)
        if n != 1
    ]
    joined: list[Axis] = []
    for n, s, t in sorted(axes, key=lambda axis: abs(axis[2])):
        if joined:
            m, inner_s, inner_t = joined[-1]
            if s == inner_s * m and t == inner_t * m:
                joined[-1] = (m * n, inner_s, inner_t)
                continue
        joined.append((n, s, t))
    return joined


def is_dense(axes: list[Axis]) -> bool:
    """Whether both arrays lie dense and alike."""
    return not axes or (len(axes) == 1 and axes[0][1:] == (1, 1))


class Crossing(NamedTuple):
    """A copy in which one axis runs fastest through the target, and another through the source."""

    rows: Axis
    columns: Axis
    others: list[Axis]

    @property
    def lengths(self) -> tuple[int, int, int, int]:
        """Rows, how far apart they are in the source, columns, how far apart in the target."""
        return (*self.rows[:2], self.columns[0], self.columns[2])

    @property
    def squares(self) -> int:
        """How many it takes to cover all axes."""
        along = [-(-n // SQUARE) for n, _, _ in (self.rows, self.columns)]
        return prod((*along, *(n for n, _, _ in self.others)))


def crossing_of(axes: list[Axis]) -> Crossing | None:
    """The axes of a copy that should go by way of squares; None where it should not."""
    rows = next((axis for axis in axes if axis[2] == 1 and axis[1] != 1), None)
    columns = next((axis for axis in axes if axis[1] == 1 and axis[2] != 1), None)
    if rows is None or columns is None or min(rows[0], columns[0]) < FEW:
        return None
    return Crossing(rows, columns, [axis for axis in axes if axis not in (rows, columns)])


def geometry_of(axes: list[Axis]) -> np.ndarray:
    """The axes as copy.cu wants them."""
    return np.array(axes, np.int32).reshape(-1)
