"""What of a net takes arrays of other frameworks: each weight, and what others call it."""

from dataclasses import dataclass
from typing import NamedTuple

from ...core import Blob, Layer
from ..net import Net

_WEIGHT_AND_BIAS = ("weight", "bias")
_ROLES = {
    "Convolution": _WEIGHT_AND_BIAS,
    "ConvolutionDepthwise": _WEIGHT_AND_BIAS,
    "Deconvolution": _WEIGHT_AND_BIAS,
    "DepthwiseConvolution": _WEIGHT_AND_BIAS,
    "Embed": _WEIGHT_AND_BIAS,
    "InnerProduct": _WEIGHT_AND_BIAS,
    "PReLU": ("weight",),
    "Bias": ("bias",),
    "BatchNorm": ("running_mean", "running_var", ""),  # "": the factor, which is Caffe's alone
}


class Slot(NamedTuple):
    """A weight blob: that of `layer` which others call `role`."""

    layer: Layer
    role: str
    blob: Blob


@dataclass
class Unit:
    """What one module of another framework holds: a layer; a BatchNorm with the Scale after it."""

    layers: list[Layer]
    slots: list[Slot]

    @property
    def name(self) -> str:
        """The name of its first layer."""
        return self.layers[0].name


def units(net: Net) -> list[Unit]:
    """The units of a net that have weights, in its order."""
    found: list[Unit] = []
    for i, layer in enumerate(net.layers):
        if not layer.weights or any(layer in unit.layers for unit in found):
            continue
        unit = Unit([layer], slots_of(layer))
        scale = _scale_after(net, i) if layer.type == "BatchNorm" else None
        if scale:
            unit.layers.append(scale)
            unit.slots += slots_of(scale)
        found.append(unit)
    return found


def slots_of(layer: Layer) -> list[Slot]:
    """A layer's weights, in file order; without a name elsewhere they go by their number."""
    roles = _ROLES.get(layer.type)
    if layer.type == "Scale":
        roles = ("weight", "bias") if len(layer.param.bottom) == 1 else ("bias",)
    return [
        Slot(layer, roles[i] if roles and i < len(roles) else str(i), blob)
        for i, blob in enumerate(layer.weights)
    ]


def _scale_after(net: Net, index: int) -> Layer | None:
    """The Scale layer with weights that reads the top of layer number `index`, if one does."""
    top = net.graph.nodes[index].tops[0]
    for node, layer in zip(net.graph.nodes[index + 1 :], net.layers[index + 1 :], strict=True):
        if top in node.bottoms:
            is_scale = layer.type == "Scale" and len(node.bottoms) == 1
            return layer if is_scale and layer.weights[0].shape else None
    return None
