"""InnerProduct, Embed, Reduction and ArgMax."""

from math import prod

import numpy as np

from ....proto.caffe_pb2 import ReductionParameter
from ..layer_export import LayerExport
from ..registry import exports


@exports("InnerProduct")
def inner_product(e: LayerExport) -> str:
    """Gemm of flattened items; MatMul where several axes count them."""
    param, (x,), (shape,) = e.param.inner_product_param, e.bottoms, e.bottom_shapes
    axis = param.axis % len(shape)
    inputs, (top,) = prod(shape[axis:]), e.top_shapes
    if axis > 1:
        if len(shape) > axis + 1:
            x = e.reshape(x, (*shape[:axis], inputs))
        w = e.weights[0] if param.transpose else e.weights[0].T
        y = e.node("MatMul", x, e.constant(np.ascontiguousarray(w), "weights"))
        return e.node("Add", y, e.weight(1)) if param.bias_term else y
    if axis == 0:
        x = e.reshape(x, (1, inputs))
    elif len(shape) > 2:
        x = e.node("Flatten", x, axis=1)
    weights = [e.weight(i) for i in range(len(e.weights))]
    y = e.node("Gemm", x, *weights, transB=int(not param.transpose))
    return e.reshape(y, top) if axis == 0 else y


@exports("Embed")
def embed(e: LayerExport) -> str:
    """Gather of rows, and Add of a bias."""
    rows = e.node("Gather", e.weight(0), e.node("Cast", *e.bottoms, to=7), axis=0)
    return e.node("Add", rows, e.weight(1)) if e.param.embed_param.bias_term else rows


@exports("Reduction")
def reduction(e: LayerExport) -> str:
    """ReduceSum, ReduceL1, ReduceSumSquare or ReduceMean over the last axes."""
    param, axes = e.param.reduction_param, len(e.bottom_shapes[0])
    operator = {
        ReductionParameter.SUM: "ReduceSum",
        ReductionParameter.ASUM: "ReduceL1",
        ReductionParameter.SUMSQ: "ReduceSumSquare",
        ReductionParameter.MEAN: "ReduceMean",
    }[param.operation]
    y = e.reduce(operator, e.bottoms[0], range(param.axis % axes, axes), keep=False)
    return e.arithmetic("Mul", y, param.coeff, 1)


@exports("ArgMax")
def argmax(e: LayerExport) -> str:
    """ArgMax, or TopK of the bottom backwards: of equal values, the last comes first."""
    param, (x,), (shape,), (top,) = e.param.argmax_param, e.bottoms, e.bottom_shapes, e.top_shapes
    if param.HasField("axis"):
        places, values = _largest(e, x, param.axis % len(shape), shape)
        return values if param.out_max_val else e.node("Cast", places, to=1)
    flat = (shape[0], prod(shape[1:]))
    places, values = _largest(e, e.reshape(x, flat), 1, flat)
    found = [e.node("Cast", places, to=1), *([values] if param.out_max_val else [])]
    if len(found) == 1:
        return e.reshape(found[0], top)
    parts = [e.reshape(part, (top[0], 1, *top[2:])) for part in found]
    return e.node("Concat", *parts, axis=1)


def _largest(e: LayerExport, x: str, axis: int, shape: tuple[int, ...]) -> tuple[str, str]:
    """Places and values of the top_k largest along an axis."""
    count = e.param.argmax_param.top_k
    if count == 1:
        places = e.node("ArgMax", x, axis=axis, keepdims=1, select_last_index=1)
        return places, e.reduce("ReduceMax", x, [axis])
    size = e.fixed(shape[axis], "the axis that it looks along")
    backwards = e.node("Gather", x, e.integers(range(size - 1, -1, -1)), axis=axis)
    values, places = e.nodes("TopK", backwards, e.integers([count]), outputs=2, axis=axis)
    return e.node("Sub", e.integers([size - 1]), places), values
