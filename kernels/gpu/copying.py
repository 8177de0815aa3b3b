"""How arrays on a device are copied: the axes that a copy has to run through."""

import numpy as np

from ...core import Array

Axis = tuple[int, int, int]  # size, and how far apart neighbours are in source and target


def axes_of(source: Array, target: Array) -> list[Axis]:
    """The axes of two arrays of one shape, the one that runs fastest through target first.

    Axes of size 1 are left out, and those that run on into each other are made one.
    """
    if source.shape != target.shape:
        raise ValueError(f"cannot copy shape {source.shape} to {target.shape}")
    itemsize = target.dtype.itemsize
    axes = [
        (n, s // itemsize, t // itemsize)
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


def geometry_of(axes: list[Axis]) -> np.ndarray:
    """The axes as copy.cu wants them."""
    return np.array(axes, np.int32).reshape(-1)
