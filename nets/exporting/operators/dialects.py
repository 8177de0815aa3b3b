"""Normalizations of Caffe's forks: BN, CuDNNBatchNorm and Normalize."""

from ..layer_export import LayerExport
from ..registry import exports
from .normalization import of_the_batch

_EPSILON = 1e-6  # caffe-windows' own


@exports("BN", "CuDNNBatchNorm")
def affine_norm(e: LayerExport) -> str:
    """BatchNormalization with running values; else the steps it takes, then Mul and Add."""
    layer, (x,), axes = e.layer, e.bottoms, len(e.bottom_shapes[0])
    if layer.axis != 1:
        raise e.error(f"bn_param.axis: must be 1, got {layer.axis}")
    scale, shift, *running = (weights.ravel() for weights in e.weights)
    if layer.normalizes and layer.uses_global_stats:
        names = ("scale", "shift", "mean", "variance")
        constants = [
            e.constant(array, name)
            for array, name in zip((scale, shift, *running), names, strict=True)
        ]
        return e.node("BatchNormalization", x, *constants, epsilon=layer.eps)
    if layer.normalizes:
        x = of_the_batch(e, x, axes, layer.eps)
    shape = (-1, *(1 for _ in range(2, axes)))
    scaled = e.node("Mul", x, e.constant(scale.reshape(shape), "scale"))
    return e.node("Add", scaled, e.constant(shift.reshape(shape), "shift"))


@exports("Normalize")
def normalize(e: LayerExport) -> str | list[str]:
    """x by the root of the sum of its squares: SSD's, or caffe-windows' with normalize_param."""
    fields = e.param.DESCRIPTOR.fields_by_name
    if "normalize_param" in fields and e.param.HasField("normalize_param"):
        return _normalize_places(e)
    param, (x,), (shape,) = e.param.norm_param, e.bottoms, e.bottom_shapes
    over = range(1, len(shape)) if param.across_spatial else [1]
    # In two steps, since ReduceL2 has no room for eps.
    squares = e.reduce("ReduceSumSquare", x, list(over))
    unit = e.node("Div", x, e.node("Sqrt", e.arithmetic("Add", squares, param.eps, 0)))
    scale = () if param.channel_shared else (shape[1], *(1 for _ in shape[2:]))
    return e.node("Mul", unit, e.weight(0, scale))


def _normalize_places(e: LayerExport) -> list[str]:
    n, c, *size = e.bottom_shapes[0]
    shape = (n, c, *size, *(1 for _ in range(2 - len(size))))
    x = e.bottoms[0] if len(size) == 2 else e.reshape(e.bottoms[0], shape)
    if e.param.normalize_param.normalize_type == "L1":
        norm = e.arithmetic("Add", e.reduce("ReduceL1", x, [1]), _EPSILON, 0)
    else:
        squares = e.reduce("ReduceSumSquare", x, [1])
        norm = e.node("Sqrt", e.arithmetic("Add", squares, _EPSILON, 0))
    return [e.node("Div", x, norm), norm][: len(e.top_shapes)]
