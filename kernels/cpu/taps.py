"""Taps: the elements of a pooling window, each as one strided slice of the whole input.

Pooling goes through the few taps of its window, not through the many windows.
"""

from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from ...core import Array, Shape, Window


class Tap(NamedTuple):
    """One element of the window: the inputs it reads, and the outputs whose tap lies in x."""

    inputs: tuple[slice, ...]
    outputs: tuple[slice, ...]
    offset: int  # in the flat plane, from the window's start


def taps(size: Shape, window: Window, out: Shape) -> list[Tap]:
    """Every tap that falls into x for some output, in row-major order."""
    per_axis = [
        _axis_taps(*numbers)
        for numbers in zip(size, window.kernel, window.stride, window.pad, out, strict=True)
    ]
    steps = _steps(size)
    return [
        Tap(
            inputs=tuple(inputs for _, inputs, _ in choice),
            outputs=tuple(outputs for _, _, outputs in choice),
            offset=sum(i * step for (i, _, _), step in zip(choice, steps, strict=True)),
        )
        for choice in product(*per_axis)
    ]


def window_starts(size: Shape, window: Window, out: Shape) -> Array:
    """Where each window starts in the flat plane, an array shaped `out`; before it with padding."""
    starts = np.zeros(out, np.int32)
    for axis, (step, stride, pad) in enumerate(
        zip(_steps(size), window.stride, window.pad, strict=True)
    ):
        along_axis = (np.arange(out[axis]) * stride - pad) * step
        starts += along_axis.astype(np.int32).reshape(-1, *(1,) * (len(out) - axis - 1))
    return starts


def _axis_taps(n: int, k: int, s: int, p: int, out: int) -> list[tuple[int, slice, slice]]:
    """(position in the window, inputs, outputs) of the taps along one axis."""
    found = []
    for i in range(k):
        first = max(0, -(-(p - i) // s))
        last = min(out - 1, (n - 1 + p - i) // s)
        if first <= last:
            inputs = slice(first * s + i - p, last * s + i - p + 1, s)
            found.append((i, inputs, slice(first, last + 1)))
    return found


def _steps(size: Shape) -> list[int]:
    """How far apart in the flat plane neighbours along each axis are."""
    return [prod(size[axis + 1 :]) for axis in range(len(size))]
