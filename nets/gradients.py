"""Who needs a gradient: which layers run backward, and which of their gradients are wanted.

Source: Net::Init of Caffe, which decides in two sweeps: down the net, a blob needs a gradient if
a weight with lr_mult != 0 stands above it; up the net, only what leads to a loss is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .graph import Graph, Node


@dataclass
class Needs:
    """What backward must compute for one layer."""

    backward: bool  # whether it runs at all
    bottoms: list[bool]
    weights: list[bool]

    @property
    def anything(self) -> bool:
        """Whether running backward has any result: a forced Input, say, has none."""
        return self.backward and (any(self.bottoms) or any(self.weights))


@dataclass
class Facts:
    """What the decision rests on, for one layer: known once the layer is set up."""

    loss_weights: list[float]  # one per top
    learning_rates: list[float]  # lr_mult, one per weight
    allows_force: Callable[[int], bool]  # whether bottom i may be forced to have a gradient


def gradient_needs(graph: Graph, facts: list[Facts]) -> list[Needs]:
    """What backward has to compute, layer by layer."""
    needs = _from_weights(graph.nodes, facts)
    _prune(graph.nodes, facts, needs)
    if graph.param.force_backward:
        for fact, need in zip(facts, needs, strict=True):
            need.backward = True
            need.bottoms = [wanted or fact.allows_force(i) for i, wanted in enumerate(need.bottoms)]
            need.weights = [True] * len(need.weights)
    return needs


def _from_weights(nodes: list[Node], facts: list[Facts]) -> list[Needs]:
    blob_needs: dict[str, bool] = {}
    needs = []
    for node, fact in zip(nodes, facts, strict=True):
        asked = list(node.param.propagate_down)
        bottoms = asked or [blob_needs[blob] for blob in node.bottoms]
        weights = [rate != 0 for rate in fact.learning_rates]
        backward = any(weights) or any(blob_needs[blob] for blob in node.bottoms)
        needs.append(Needs(backward, bottoms, weights))
        for top in node.tops:
            blob_needs[top] = backward or blob_needs.get(top, False)
    return needs


def _prune(nodes: list[Node], facts: list[Facts], needs: list[Needs]) -> None:
    under_loss: set[str] = set()
    skipped: set[str] = set()
    for node, fact, need in zip(reversed(nodes), reversed(facts), reversed(needs), strict=True):
        contributes = any(fact.loss_weights) or not under_loss.isdisjoint(node.tops)
        if skipped.issuperset(node.tops):
            if need.backward:
                need.bottoms = [False] * len(need.bottoms)
            need.backward = False
        if contributes:
            under_loss.update(node.bottoms)
        else:
            need.backward = False
            need.bottoms = [False] * len(need.bottoms)
        skipped.update(
            b for b, wanted in zip(node.bottoms, need.bottoms, strict=True) if not wanted
        )
