"""What a picture of a net shows: a box for each layer and each blob, and arrows between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...proto.caffe_pb2 import NetParameter, PoolingParameter
from ..rules import net_state, select_layers

_BLOB = "#e4e4e4"
_LAYER = "#9db8e8"
_IN_PLACE = "#b4e0b4"
_COLORS = {
    "Convolution": "#f2a3a0",
    "Deconvolution": "#f2a3a0",
    "Pooling": "#f7c98b",
    "InnerProduct": "#d5b3e6",
    "Data": "#cfd8a6",
    "ImageData": "#cfd8a6",
    "HDF5Data": "#cfd8a6",
    "Input": "#cfd8a6",
}
_WINDOWS = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "Pooling": "pooling_param",
}
_NUMBERS_OF_OUTPUTS = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Embed": "embed_param",
}
_BATCHES = {
    "Data": "data_param",
    "ImageData": "image_data_param",
    "HDF5Data": "hdf5_data_param",
    "MemoryData": "memory_data_param",
    "WindowData": "window_data_param",
}


@dataclass
class Box:
    """A layer or a blob."""

    lines: list[str]
    color: str
    is_blob: bool = False
    beside: int | None = None  # an in-place layer: the index of the blob's box that it changes
    hint: str = ""  # shown when the mouse rests on it


@dataclass
class Arrow:
    """From one box to another, by their indices; both ways for a layer that works in place."""

    source: int
    target: int
    label: str = ""
    both_ways: bool = False


@dataclass
class Diagram:
    """The boxes, in the order of the file, and the arrows between them."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def net_diagram(net: NetParameter, phase: int | None = None, rates: bool = False) -> Diagram:
    """The diagram of a net's layers in a phase; None: of all layers, whatever their rules say.

    With `rates` layers that learn show their lr_mult.
    """
    if phase is not None:
        net = select_layers(net, net_state(net, phase, None, ()))
    diagram = Diagram(net.name)
    blobs: dict[str, int] = {}
    for layer in net.layer:
        _add_layer(diagram, blobs, layer, rates)
    return diagram


def _add_layer(diagram: Diagram, blobs: dict[str, int], layer: Any, rates: bool) -> None:
    box = Box(layer_lines(layer, rates), layer_color(layer.type))
    index = _add(diagram, box)
    if len(layer.top) == len(layer.bottom) == 1 and layer.top[0] == layer.bottom[0]:
        blob = _blob(diagram, blobs, layer.top[0])
        box.color, box.beside = _COLORS.get(layer.type, _IN_PLACE), blob
        diagram.arrows.append(Arrow(blob, index, both_ways=True))
        return
    for name in layer.bottom:
        diagram.arrows.append(Arrow(_blob(diagram, blobs, name), index))
    for name in layer.top:
        diagram.arrows.append(Arrow(index, _blob(diagram, blobs, name), top_label(layer)))


def _add(diagram: Diagram, box: Box) -> int:
    diagram.boxes.append(box)
    return len(diagram.boxes) - 1


def _blob(diagram: Diagram, blobs: dict[str, int], name: str) -> int:
    if name not in blobs:
        blobs[name] = _add(diagram, Box([name], _BLOB, is_blob=True))
    return blobs[name]


def layer_color(layer_type: str) -> str:
    """The colour of a type of layer, "#rrggbb", light enough for black letters."""
    return _COLORS.get(layer_type, _LAYER)


def layer_lines(layer: Any, rates: bool = False) -> list[str]:
    """What to write on a layer: its name, its type, its window, and if asked its lr_mult."""
    lines = [layer.name or "(no name)", layer.type]
    if layer.type in _WINDOWS:
        lines.append(_window(getattr(layer, _WINDOWS[layer.type]), layer.type))
    if rates and layer.type in _NUMBERS_OF_OUTPUTS:
        given = [f"{spec.lr_mult:g}" for spec in layer.param]
        lines.append(f"lr_mult {', '.join(given) or '1'}")
    return lines


def _window(param: Any, kind: str) -> str:
    """ "kernel 5, stride 2, pad 1"; "max, global" for pooling."""
    words = []
    if kind == "Pooling":
        words.append(PoolingParameter.PoolMethod.Name(param.pool).lower())
        if param.global_pooling:
            return ", ".join([*words, "global"])
    words.append(f"kernel {_pair(param, 'kernel_size', 'kernel', 1)}")
    words.append(f"stride {_pair(param, 'stride', 'stride', 1)}")
    words.append(f"pad {_pair(param, 'pad', 'pad', 0)}")
    if kind != "Pooling" and any(dilation != 1 for dilation in param.dilation):
        words.append(f"dilation {'x'.join(map(str, param.dilation))}")
    return ", ".join(words)


def _pair(param: Any, name: str, stem: str, default: int) -> str:
    height, width = getattr(param, f"{stem}_h"), getattr(param, f"{stem}_w")
    if height or width:
        return f"{height}x{width}"
    value = getattr(param, name)
    if isinstance(value, Sequence) or hasattr(value, "__len__"):
        return "x".join(map(str, value)) or str(default)
    return str(value)


def top_label(layer: Any) -> str:
    """What to write beside the arrows out of a layer: its outputs or the size of its batches."""
    if layer.type in _NUMBERS_OF_OUTPUTS:
        return str(getattr(layer, _NUMBERS_OF_OUTPUTS[layer.type]).num_output)
    if layer.type in _BATCHES:
        return f"batch {getattr(layer, _BATCHES[layer.type]).batch_size}"
    return ""
