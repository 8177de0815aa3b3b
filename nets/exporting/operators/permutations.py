"""Layers of Caffe's forks that put numbers in another order."""

from ..layer_export import LayerExport
from ..registry import exports


@exports("Permute")
def permute(e: LayerExport) -> str:
    """Transpose; axes that are not named follow in rising order."""
    order = list(e.param.permute_param.order)
    order += [axis for axis in range(len(e.bottom_shapes[0])) if axis not in order]
    return e.node("Transpose", *e.bottoms, perm=order)


@exports("Transpose")
def transpose(e: LayerExport) -> str:
    """Transpose."""
    return e.node("Transpose", *e.bottoms, perm=list(e.param.transpose_param.dim))


@exports("ShuffleChannel")
def shuffle_channels(e: LayerExport) -> str:
    """Reshape to groups, Transpose, and back."""
    n, c, *size = e.bottom_shapes[0]
    group = e.param.shuffle_channel_param.group
    grouped = e.reshape(e.bottoms[0], (n, group, c // group, *size))
    order = [0, 2, 1, *range(3, 3 + len(size))]
    return e.reshape(e.node("Transpose", grouped, perm=order), e.top_shapes[0])


@exports("Reorg")
def reorganize(e: LayerExport) -> str:
    """Reshape, Transpose, Reshape: places for channels as Darknet does it, or back."""
    (n, c, h, w), stride = e.bottom_shapes[0], e.param.reorg_param.stride
    inner = c // stride**2
    if e.param.reorg_param.reverse:
        shape, order = (n, stride, stride, inner, h, w), [0, 3, 4, 1, 5, 2]
    else:
        shape, order = (n, inner, h, stride, w, stride), [0, 3, 5, 1, 2, 4]
    parts = e.reshape(e.bottoms[0], shape)
    return e.reshape(e.node("Transpose", parts, perm=order), e.top_shapes[0])


@exports("Reverse")
def reverse(e: LayerExport) -> str:
    """Gather of an axis from its end."""
    axis = e.param.reverse_param.axis % len(e.bottom_shapes[0])
    return _backwards(e, e.bottoms[0], axis)


@exports("Flip")
def flip(e: LayerExport) -> str:
    """Gather of rows, columns or both from their ends."""
    param, x = e.param.flip_param, e.bottoms[0]
    for axis, turns in ((2, param.flip_height), (3, param.flip_width)):
        x = _backwards(e, x, axis) if turns else x
    return x


def _backwards(e: LayerExport, x: str, axis: int) -> str:
    size = e.fixed(e.bottom_shapes[0][axis], "the axis that is turned around")
    return e.node("Gather", x, e.integers(range(size - 1, -1, -1), "backwards"), axis=axis)
