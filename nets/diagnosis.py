"""Where a net went wrong: the first blob that is no longer finite."""

import numpy as np

from ..core import Blob
from .net import Net


def first_nonfinite(net: Net) -> str | None:
    """Describe the first weight or top, in the order the net runs, with a NaN or infinity.

    Runs the net again on the batch it has, since its blobs may have given their memory to others.
    """
    for layer in net.layers:
        for i, weight in enumerate(layer.weights):
            if _is_bad(weight):
                return f"weight {i} of layer {layer.name!r} ({layer.type})"
    visible = {hidden: seen for step in net.plan.steps for hidden, seen in step.hidden}
    names = {blob: name for name, blob in net.blobs.items()}
    for step in net.plan.steps_forward():
        for top in step.tops:
            if _is_bad(top):
                return _described(net, names[visible.get(top, top)])
    return None


def _described(net: Net, name: str) -> str:
    maker = next(node for node in net.graph.nodes if name in node.tops)
    return f"blob {name!r}, made by layer {maker.name!r} ({maker.param.type})"


def _is_bad(blob: Blob) -> bool:
    return not bool(np.isfinite(blob.data).all())
