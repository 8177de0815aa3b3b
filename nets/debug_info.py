"""debug_info: the mean size of everything a net computes, layer by layer, in Caffe's log lines.

Source: Net::ForwardDebugInfo, BackwardDebugInfo and the norms at the end of Net::Backward.
"""

import math

from ..core import Array, Blob, Layer, log
from .graph import Graph
from .plan import Plan
from .weights import Weights


class LoggedPlan:
    """Runs a plan layer by layer, logging what each computes."""

    def __init__(
        self,
        plan: Plan,
        graph: Graph,
        layers: list[Layer],
        blobs: dict[str, Blob],
        weights: Weights,
    ):
        self._plan, self._weights = plan, weights
        self._nodes, self._layers, self._blobs = graph.nodes, layers, blobs

    def forward(self, start: int, end: int) -> float:
        """Run layers start to end, logging their tops and weights; returns the loss."""
        loss = 0.0
        for i in range(start, end + 1):
            loss += self._plan.forward(i, i)
            node, layer = self._nodes[i], self._layers[i]
            for name in node.tops:
                mean = _mean(self._blobs[name].data)
                _log("605", f"[Forward] Layer {node.name}, top blob {name} data", mean)
            for k, weight in enumerate(layer.weights):
                label = f"[Forward] Layer {node.name}, param blob {k} data"
                _log("617", label, _mean(weight.data))
        return loss

    def backward(self, start: int, end: int, adds: bool) -> None:
        """Run layers from start down to end, logging the gradients they compute."""
        if not adds:
            self._weights.clear_diffs()
        for i in range(start, end - 1, -1):
            if not self._plan.runs_backward(i):
                continue
            self._plan.backward(i, i, adds=True)
            node, layer = self._nodes[i], self._layers[i]
            for name, wanted in zip(node.bottoms, layer.propagate_down, strict=True):
                if wanted:
                    label = f"[Backward] Layer {node.name}, bottom blob {name} diff"
                    _log("634", label, _mean(self._blobs[name].diff))
            for k, weight in enumerate(layer.weights):
                if layer.param_propagate_down[k]:
                    label = f"[Backward] Layer {node.name}, param blob {k} diff"
                    _log("644", label, _mean(weight.diff))
        w, g = self._weights.data, self._weights.diff
        log.info(
            "net.cpp:593",
            "    [Backward] All net params (data, diff): "
            f"L1 norm = ({abs(w).sum():g}, {abs(g).sum():g}); "
            f"L2 norm = ({math.sqrt(float(w @ w)):g}, {math.sqrt(float(g @ g)):g})",
        )


def _log(line: str, label: str, value: float) -> None:
    log.info(f"net.cpp:{line}", f"    {label}: {value:g}")


def _mean(array: Array) -> float:
    return float(abs(array).mean()) if array.size else 0.0
