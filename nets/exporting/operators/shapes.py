"""Layers that cut, join, repeat or rename: the numbers stay what they are."""

from ..layer_export import LayerExport
from ..registry import exports


@exports("Split")
def split(e: LayerExport) -> list[str]:
    """Nothing: a value may be read by many."""
    return e.bottoms * len(e.top_shapes)


@exports("Silence")
def silence(e: LayerExport) -> list[str]:
    """Nothing."""
    return []


@exports("Flatten", "Reshape")
def reshape(e: LayerExport) -> str:
    """Reshape."""
    return e.reshape(e.bottoms[0], e.top_shapes[0])


@exports("Concat")
def concat(e: LayerExport) -> str:
    """Concat along an axis; concat_dim is its older name."""
    if len(e.bottoms) == 1:
        return e.bottoms[0]
    param = e.param.concat_param
    axis = param.concat_dim if param.HasField("concat_dim") else param.axis
    return e.node("Concat", *e.bottoms, axis=axis)


@exports("Slice")
def pieces(e: LayerExport) -> list[str]:
    """Split along an axis; slice_dim is its older name."""
    param, shape = e.param.slice_param, e.bottom_shapes[0]
    axis = (param.slice_dim if param.HasField("slice_dim") else param.axis) % len(shape)
    return e.pieces(e.bottoms[0], axis, [top[axis] for top in e.top_shapes])


@exports("Crop")
def crop(e: LayerExport) -> str:
    """Slice, along the axes that lose something."""
    param, (shape, _), (kept,) = e.param.crop_param, e.bottom_shapes, e.top_shapes
    first = param.axis % len(shape)
    offsets = list(param.offset) or [0]
    offsets = [0] * first + (offsets if len(offsets) > 1 else offsets * (len(shape) - first))
    axes = [i for i in range(len(shape)) if shape[i] != kept[i]]
    if not axes:
        return e.bottoms[0]
    ends = [e.fixed(offsets[i] + kept[i], "where it is cropped") for i in axes]
    starts = e.integers([offsets[i] for i in axes], "starts")
    return e.node("Slice", e.bottoms[0], starts, e.integers(ends, "ends"), e.integers(axes, "axes"))


@exports("Tile")
def tile(e: LayerExport) -> str:
    """Tile along an axis."""
    param, axes = e.param.tile_param, len(e.bottom_shapes[0])
    repeats = [1] * axes
    repeats[param.axis] = param.tiles
    return e.node("Tile", e.bottoms[0], e.integers(repeats, "repeats"))


@exports("BatchReindex")
def batch_reindex(e: LayerExport) -> str:
    """Gather of items."""
    items, index = e.bottoms
    return e.node("Gather", items, e.node("Cast", index, to=7), axis=0)


@exports("Filter")
def selected(e: LayerExport) -> list[str]:
    """Gather of the items whose selector is not 0; how many is known only when it runs."""
    *items, selector = e.bottoms
    flat = e.node("Reshape", selector, e.integers([-1]))
    found = e.node("NonZero", e.node("Cast", flat, to=9))
    places = e.node("Reshape", found, e.integers([-1]))
    return [e.node("Gather", x, places, axis=0) for x in items]
