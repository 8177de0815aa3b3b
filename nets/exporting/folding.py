"""What is exported of a net: its layers, with what BatchNorm, Scale and Bias do folded in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..net import Net

Affine = tuple[np.ndarray, np.ndarray]  # factor and shift of each channel, float64


@dataclass
class Piece:
    """A layer, the names of its blobs, and the weights to export it with."""

    layer: Any  # set up
    bottoms: list[str]
    tops: list[str]
    weights: list[np.ndarray]


def pieces(net: Net) -> list[Piece]:
    """The layers of a net as they are."""
    return [
        Piece(layer, node.bottoms, node.tops, [weight.data for weight in layer.weights])
        for node, layer in zip(net.graph.nodes, net.layers, strict=True)
    ]


def fold(parts: list[Piece]) -> list[Piece]:
    """Join each Convolution, and each BatchNorm, with the per-channel layers right after it.

    y = factor * x + shift after a convolution is a convolution with other filters and bias; after
    a BatchNorm it becomes that layer's weights 3 and 4.
    """
    gone: set[int] = set()
    folded = []
    for i, part in enumerate(parts):
        if i in gone:
            continue
        place = i
        while take := _TAKES.get(part.layer.type) if takes_more(part) else None:
            place = _reader(parts, place, part.tops[0])
            affine = affine_of(parts[place]) if place else None
            if affine is None:
                break
            part = replace(part, weights=take(part, *affine), tops=parts[place].tops)
            gone.add(place)
        # Those that nothing was folded into are float32 already, and stay where they are.
        weights = [np.asarray(array, "float32") for array in part.weights]
        folded.append(replace(part, weights=weights))
    return folded


def takes_more(part: Piece) -> bool:
    """Whether a layer's one top has its channels along axis 1, where affine layers have theirs."""
    if part.layer.type == "BatchNorm":
        return affine_of(part) is not None
    return len(part.tops) == 1 and getattr(part.layer, "axis", 1) == 1


def affine_of(part: Piece) -> Affine | None:
    """What a layer multiplies each channel (axis 1) by, and then adds; None if it does not."""
    found = _AFFINES.get(part.layer.type)
    return found(part) if found else None


def _reader(parts: list[Piece], maker: int, blob: str) -> int:
    """Which layer reads what another made, or 0: several do so through a Split, the only one."""
    later = range(maker + 1, len(parts))
    return next((i for i in later if blob in parts[i].bottoms), 0)


def _into_convolution(part: Piece, factor: np.ndarray, shift: np.ndarray) -> list[np.ndarray]:
    filters, *bias = (array.astype("float64") for array in part.weights)
    per_output = factor.reshape(-1, *(1,) * (filters.ndim - 1))
    return [filters * per_output, factor * bias[0] + shift if bias else shift]


def _into_batch_norm(part: Piece, factor: np.ndarray, shift: np.ndarray) -> list[np.ndarray]:
    gamma, beta = part.weights[3:] or (np.ones_like(factor), np.zeros_like(factor))
    return [*part.weights[:3], gamma * factor, beta * factor + shift]


def _normalizing(part: Piece) -> Affine | None:
    layer = part.layer
    if not layer.is_fixed or layer.axis != 1:
        return None
    factor, shift = (np.empty(part.weights[0].size) for _ in range(2))
    layer.read_factor(factor, shift)
    return factor, shift


def _scale(part: Piece) -> Affine | None:
    param = part.layer.param.scale_param
    if not _is_per_channel(part, param):
        return None
    factor, *shift = (array.astype("float64") for array in part.weights)
    return factor, shift[0] if shift else np.zeros_like(factor)


def _bias(part: Piece) -> Affine | None:
    if not _is_per_channel(part, part.layer.param.bias_param):
        return None
    shift = part.weights[0].astype("float64")
    return np.ones_like(shift), shift


def _is_per_channel(part: Piece, param: Any) -> bool:
    return len(part.bottoms) == 1 and param.axis == 1 and part.weights[0].ndim == 1


_TAKES: dict[str, Callable[..., list[np.ndarray]]] = {
    "Convolution": _into_convolution,
    "DepthwiseConvolution": _into_convolution,
    "ConvolutionDepthwise": _into_convolution,
    "BatchNorm": _into_batch_norm,
}
_AFFINES: dict[str, Callable[[Piece], Affine | None]] = {
    "BN": _normalizing,
    "BatchNorm": _normalizing,
    "CuDNNBatchNorm": _normalizing,
    "Scale": _scale,
    "Bias": _bias,
}
