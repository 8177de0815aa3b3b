"""What a net computes, as JSON values that a peer can read without Cortado.

Every value has one producer: a layer in place makes a value of a new name, "blob@layer". BatchNorm
and the Scale behind it are one layer. Weights are named "layer:index", as random_weights has them.

    {"name": ..., "inputs": {value: shape},
     "layers": [{"type": ..., "name": ..., "bottoms": [value], "top": value, options of the type}],
     "losses": [{"score": value, "label": value, "weight": number}],
     "outputs": [value]}
"""

from collections.abc import Callable
from typing import Any

from cortado.proto.caffe_pb2 import LayerParameter, NetParameter, PoolingParameter

Description = dict[str, Any]


def describe(net: NetParameter) -> Description:
    """The description of a net whose layers were selected and are fed by Input layers."""
    told: Description = {"name": net.name, "inputs": {}, "layers": [], "losses": []}
    newest: dict[str, str] = {}  # the value that a blob's name stands for
    read: set[str] = set()
    layers = list(net.layer)
    while layers:
        layer = layers.pop(0)
        if layer.type == "Input":
            told["inputs"] |= {
                name: list(shape.dim)
                for name, shape in zip(layer.top, layer.input_param.shape, strict=True)
            }
            newest |= {name: name for name in layer.top}
            continue
        bottoms = [newest[name] for name in layer.bottom]
        read.update(bottoms)
        if layer.type == "SoftmaxWithLoss":
            weight = layer.loss_weight[0] if layer.loss_weight else 1.0
            told["losses"].append({"score": bottoms[0], "label": bottoms[1], "weight": weight})
            continue
        entry = {"type": layer.type, "name": layer.name, "bottoms": bottoms, **_options(layer)}
        if layer.type == "BatchNorm":
            entry["scale"] = _take_scale(layer, layers).name
        blob = layer.top[0]
        entry["in_place"] = blob in newest
        entry["top"] = newest[blob] = f"{blob}@{layer.name}" if blob in newest else blob
        told["layers"].append(entry)
    told["outputs"] = [v for v in newest.values() if v not in read]
    return told


def blob_name(value: str) -> str:
    """The name of the blob that held a value."""
    return value.split("@")[0]


def _options(layer: LayerParameter) -> dict[str, Any]:
    if layer.type not in _OPTIONS:
        raise ValueError(f"layer {layer.name!r} ({layer.type}): peers are not told of this type")
    return _OPTIONS[layer.type](layer)


def _take_scale(norm: LayerParameter, following: list[LayerParameter]) -> LayerParameter:
    """Remove the Scale layer that belongs to a BatchNorm."""
    scale = following[0] if following else None
    if scale is None or scale.type != "Scale" or list(scale.bottom) != list(norm.top):
        raise ValueError(f"layer {norm.name!r} (BatchNorm): peers need a Scale right behind it")
    if list(scale.top) != list(norm.top) or not scale.scale_param.bias_term:
        raise ValueError(f"layer {scale.name!r} (Scale): must work in place, with bias_term")
    return following.pop(0)


def _convolution(layer: LayerParameter) -> dict[str, Any]:
    fields = layer.convolution_param
    return {
        "kernel": _pair(fields.kernel_size, fields.kernel_h, fields.kernel_w, 0),
        "stride": _pair(fields.stride, fields.stride_h, fields.stride_w, 1),
        "pad": _pair(fields.pad, fields.pad_h, fields.pad_w, 0),
        "dilation": _pair(fields.dilation, 0, 0, 1),
        "group": fields.group,
        "bias": fields.bias_term,
    }


def _pooling(layer: LayerParameter) -> dict[str, Any]:
    fields = layer.pooling_param
    kernel = [fields.kernel_size] if fields.kernel_size else []
    return {
        "average": fields.pool == PoolingParameter.AVE,
        "global": fields.global_pooling,
        "kernel": _pair(kernel, fields.kernel_h, fields.kernel_w, 0),
        "stride": _pair([fields.stride], fields.stride_h, fields.stride_w, 1),
        "pad": _pair([fields.pad], fields.pad_h, fields.pad_w, 0),
    }


def _pair(both: Any, height: int, width: int, default: int) -> list[int]:
    """(height, width) of a field that has one number, two, or one for each side."""
    if height or width:
        return [height, width]
    given = list(both) or [default]
    return (given * 2)[:2]


def _lrn(layer: LayerParameter) -> dict[str, Any]:
    fields = layer.lrn_param
    if fields.norm_region != fields.ACROSS_CHANNELS:
        raise ValueError(f"layer {layer.name!r} (LRN): peers know only ACROSS_CHANNELS")
    return {"size": fields.local_size, "alpha": fields.alpha, "beta": fields.beta, "k": fields.k}


def _batch_norm(layer: LayerParameter) -> dict[str, Any]:
    fields = layer.batch_norm_param
    return {"eps": fields.eps, "fraction": fields.moving_average_fraction}


def _sum(layer: LayerParameter) -> dict[str, Any]:
    fields = layer.eltwise_param
    if fields.operation != fields.SUM or any(c != 1 for c in fields.coeff):
        raise ValueError(f"layer {layer.name!r} (Eltwise): peers know only plain sums")
    return {}


def _nothing(layer: LayerParameter) -> dict[str, Any]:
    return {}


_OPTIONS: dict[str, Callable[[LayerParameter], dict[str, Any]]] = {
    "BatchNorm": _batch_norm,
    "Concat": lambda layer: {"axis": layer.concat_param.axis},
    "Convolution": _convolution,
    "Dropout": lambda layer: {"ratio": layer.dropout_param.dropout_ratio},
    "Eltwise": _sum,
    "InnerProduct": lambda layer: {"bias": layer.inner_product_param.bias_term},
    "LRN": _lrn,
    "Pooling": _pooling,
    "ReLU": _nothing,
    "Softmax": lambda layer: {"axis": layer.softmax_param.axis},
}
