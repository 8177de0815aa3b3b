"""The weights of a net as arrays by name, as other frameworks name them."""

import numpy as np

from ..net import Net
from .slots import slots_of


def named_arrays(net: Net) -> dict[str, np.ndarray]:
    """conv1.weight, conv1.bias, bn1.running_mean...; what only Caffe has goes by its number.

    Statistics of BatchNorm layers are divided by their factor, which is then not needed.
    """
    found: dict[str, np.ndarray] = {}
    for layer in net.layers:
        factor = layer.weights[2].data.item() if layer.type == "BatchNorm" else 1.0
        for slot in slots_of(layer):
            if slot.role:
                array = np.array(slot.blob.data, order="C")
                divided = array / np.float32(factor) if factor else array * 0
                found[f"{layer.name}.{slot.role}"] = divided if factor != 1 else array
    return found
