"""debug_info: the mean size of everything a net computes, layer by layer, in Caffe's log lines.

Source: Net::ForwardDebugInfo, BackwardDebugInfo and the norms at the end of Net::Backward.
"""

import math
from typing import TYPE_CHECKING

from ..core import Array, log

if TYPE_CHECKING:
    from .net import Net


def forward(net: "Net", start: int, end: int) -> float:
    """Run layers start to end one by one, logging their tops and weights; returns the loss."""
    loss = 0.0
    for i in range(start, end + 1):
        loss += net.plan.forward(i, i)
        node, layer = net.graph.nodes[i], net.layers[i]
        for name in node.tops:
            label = f"[Forward] Layer {node.name}, top blob {name} data"
            log.info("net.cpp:605", f"    {label}: {_mean(net.blobs[name].data):g}")
        for k, weight in enumerate(layer.weights):
            label = f"[Forward] Layer {node.name}, param blob {k} data"
            log.info("net.cpp:617", f"    {label}: {_mean(weight.data):g}")
    return loss


def backward(net: "Net", start: int, end: int) -> None:
    """Run layers from start down to end one by one, logging the gradients they compute."""
    for i in range(start, end - 1, -1):
        if not net.plan.runs_backward(i):
            continue
        net.plan.backward(i, i)
        node, layer = net.graph.nodes[i], net.layers[i]
        for name, wanted in zip(node.bottoms, layer.propagate_down, strict=True):
            if wanted:
                label = f"[Backward] Layer {node.name}, bottom blob {name} diff"
                log.info("net.cpp:634", f"    {label}: {_mean(net.blobs[name].diff):g}")
        for k, weight in enumerate(layer.weights):
            if layer.param_propagate_down[k]:
                label = f"[Backward] Layer {node.name}, param blob {k} diff"
                log.info("net.cpp:644", f"    {label}: {_mean(weight.diff):g}")
    w, g = net.weights.data, net.weights.diff
    log.info(
        "net.cpp:593",
        "    [Backward] All net params (data, diff): "
        f"L1 norm = ({abs(w).sum():g}, {abs(g).sum():g}); "
        f"L2 norm = ({math.sqrt(float(w @ w)):g}, {math.sqrt(float(g @ g)):g})",
    )


def _mean(array: Array) -> float:
    return float(abs(array).mean()) if array.size else 0.0
