"""Where a net went wrong: the first blob that is no longer finite."""

from ..core import Blob
from .net import Net


def first_nonfinite(net: Net) -> str | None:
    """Describe the first weight or top, in the order the net runs, with a NaN or infinity."""
    for layer, node, tops in zip(net.layers, net.graph.nodes, net.tops, strict=True):
        for i, weight in enumerate(layer.weights):
            if _is_bad(weight):
                return f"weight {i} of layer {node.name!r} ({layer.type})"
        for name, top in zip(node.tops, tops, strict=False):
            if _is_bad(top):
                return f"blob {name!r}, made by layer {node.name!r} ({layer.type})"
    return None


def _is_bad(blob: Blob) -> bool:
    return not bool(blob.xp.isfinite(blob.data).all())
