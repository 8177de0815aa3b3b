"""How much a net computes, counted from its shapes."""

from math import prod
from typing import Any

import numpy as np

Shapes = dict[str, tuple[int, ...]]


def operations(
    description: dict[str, Any], filters: dict[str, np.ndarray], tops: Shapes, training: bool
) -> float:
    """Floating-point operations of one run, two for each multiply-add.

    Only convolutions and inner products count. Training takes three times those of inference, but
    twice in a layer that reads an input of the net: nobody wants the gradient of that.

    filters   by layer, "name:0"
    tops      the shape of each layer's top, by the layer's name
    """
    total = 0.0
    for layer in description["layers"]:
        if layer["type"] not in ("Convolution", "InnerProduct"):
            continue
        batch, _, *out = tops[layer["name"]]
        reads_input = layer["bottoms"][0] in description["inputs"]
        passes = (2 if reads_input else 3) if training else 1
        total += passes * 2.0 * filters[f"{layer['name']}:0"].size * batch * prod(out)
    return total
