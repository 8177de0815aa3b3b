"""Folded: an array's axes as they run through memory, those that matter folded into four."""

from math import prod

from ...core import Blob, Layout, Shape

# (groups, outer, parts, inner): what is one number for many of x has a place for each (g, p).
Folded = tuple[int, int, int, int]


def fold_axes(blob: Blob, axis: int, axes: int = 1) -> Folded:
    """(groups, outer, parts, inner), groups and parts being the `axes` axes from `axis` on.

    fold_axes(blob, 1) is for one number a channel, fold_axes(blob, 0, 2) for one for each channel
    of each item. Only for blobs that lie as layout_of_axes allows.
    """
    shape, end = blob.shape, axis + axes
    if not blob.channels_last or len(shape) < 3:
        return 1, prod(shape[:axis]), prod(shape[axis:end]), prod(shape[end:])
    if layout_of_axes(shape, axis, axes) is Layout.PLAIN:
        raise ValueError(f"axes {axis} to {end} of {shape} are not folded channels-last")
    n, c, *size = shape
    if axes == len(shape):
        return 1, 1, blob.count, 1
    if axes == 2:
        return n, prod(size), c, 1
    if axis == 1 and axes == 1:
        return 1, n * prod(size), c, 1
    return 1, 1, n if axes else 1, blob.count // max(n, 1) if axes else blob.count


def fold_places(blob: Blob) -> Folded:
    """(groups, outer, parts, inner) for one number for each place, which all channels share."""
    n, c, *size = blob.shape
    return (1, 1, n * prod(size), c) if blob.channels_last else (n, c, prod(size), 1)


def layout_of_axes(shape: Shape, axis: int, axes: int) -> Layout:
    """How a blob of this shape may lie in memory, so that fold_axes can fold these axes."""
    folds = axis + axes <= 2 or axes == len(shape)
    return Layout.EITHER if folds else Layout.PLAIN
