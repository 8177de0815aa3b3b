"""Kernels that run through the numbers of blobs four at a time, with fours.cuh."""

from typing import Any

from ...core import Array
from .context import Context
from .launch import Function, Launch

ALIGNMENT = 16  # bytes


def each_four(
    context: Context, function: Function, label: str, arrays: list[Array], count: int, *rest: Any
) -> list[Launch]:
    """The launch of a kernel of (arrays..., count, aligned, rest...), a thread for each four.

    Arrays of which there are None are passed as such.
    """
    pointers = [context.gpu.pointer(array) for array in arrays if array is not None]
    aligned = all(pointer % ALIGNMENT == 0 for pointer in pointers)
    return context.each(function, label, -(-count // 4), *arrays, count, aligned, *rest)
