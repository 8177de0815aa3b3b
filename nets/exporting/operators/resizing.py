"""Layers of Caffe's forks that make images larger or smaller."""

from math import prod

import numpy as np

from ..layer_export import LayerExport
from ..registry import exports


@exports("Interp")
def interpolation(e: LayerExport) -> str:
    """Resize, linear and with its corners where they are, of what pad_beg and pad_end leave."""
    param, x = e.param.interp_param, e.bottoms[0]
    height, width = e.top_shapes[0][2:]
    rows, columns = (size + param.pad_beg + param.pad_end for size in e.bottom_shapes[0][2:])
    if param.pad_beg or param.pad_end:
        ends = [size + param.pad_end for size in e.bottom_shapes[0][2:]]
        starts = e.integers([-param.pad_beg] * 2, "starts")
        x = e.node("Slice", x, starts, e.integers(ends, "ends"), e.integers([2, 3], "axes"))
    mode = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    if not any(e.varies(size) for size in e.top_shapes[0]):
        return e.node("Resize", x, "", "", e.integers(e.top_shapes[0], "sizes"), **mode)
    scales = [1, 1, _scale(rows, height), _scale(columns, width)]
    return e.node("Resize", x, "", e.constant(scales, "scales"), **mode)


def _scale(size: int, out: int) -> np.float32:
    """The least number that is not below out / size: what it makes of size is rounded down."""
    scale = np.float32(out / size)
    while np.float32(size) * scale < out:
        scale = np.nextafter(scale, np.float32(np.inf))
    return scale


@exports("Upsample")
def upsample(e: LayerExport) -> str:
    """Resize by the nearest, or ScatterElements to the places that a mask tells."""
    n, c, *size = e.bottom_shapes[0]
    out = e.top_shapes[0][2:]
    if len(e.bottoms) == 1:
        scales = [1, 1, *(large // small for large, small in zip(out, size, strict=True))]
        mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
        scale = e.constant(scales, "scales")
        return e.node("Resize", e.bottoms[0], "", scale, nearest_mode="floor", **mode)
    e.fixed(n, "the size of its top")
    x, places = (e.reshape(value, (n, c, prod(size))) for value in e.bottoms)
    zeros = e.node("Expand", e.constant(0), e.integers([n, c, prod(out)], "shape"))
    places = e.node("Cast", places, to=7)
    return e.reshape(e.node("ScatterElements", zeros, places, x, axis=2), e.top_shapes[0])


@exports("CropCenter")
def center(e: LayerExport) -> str:
    """Slice, along the axes that lose something."""
    cuts = list(e.param.crop_center_param.crop_size)
    axes = [axis for axis, cut in enumerate(cuts) if cut]
    if not axes:
        return e.bottoms[0]
    ends = [e.fixed(e.bottom_shapes[0][axis] - cuts[axis], "where it is cropped") for axis in axes]
    starts = e.integers([cuts[axis] for axis in axes], "starts")
    return e.node("Slice", e.bottoms[0], starts, e.integers(ends, "ends"), e.integers(axes, "axes"))
