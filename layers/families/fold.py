"""Shapes with the axes that matter folded into one in the middle."""

from math import prod

from ...core import Shape


def fold(shape: Shape, axis: int, axes: int = 1) -> tuple[int, int, int]:
    """The shape (outer, size, inner): all axes before, `axes` from `axis` on, all after."""
    end = axis + axes
    return prod(shape[:axis]), prod(shape[axis:end]), prod(shape[end:])


def per_item(shape: Shape) -> tuple[int, int]:
    """The shape (N, size of an item): all axes but the first as one."""
    return shape[0], prod(shape[1:])


def per_part(shape: Shape, *part: int) -> Shape:
    """The shape (N, n, *part): every item as n parts.

    reshape's own -1 does not know how many parts nothing has.
    """
    return shape[0], prod(shape[1:]) // prod(part), *part
