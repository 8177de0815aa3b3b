"""Wiring: the layers of a graph, set up one after the other, and the blobs between them."""

from typing import Any

from ..core import Blob, Layer, log
from ..core.residence import Residence
from ..core.rng import stream
from ..layers import create_layer
from ..proto.caffe_pb2 import Phase
from . import narration
from .gradients import Facts, Needs, gradient_needs
from .graph import Graph, Node


class Wiring:
    """Layers with their blobs, in the order of the graph; empty until set_up().

    blobs           by name
    bottoms, tops   the blobs of each layer
    loss_weights    what each top of each layer counts in the loss
    """

    def __init__(
        self, graph: Graph, phase: int, dtype: Any, seed: int, residence: Residence | None
    ):
        self._graph, self._phase, self._dtype, self._seed = graph, phase, dtype, seed
        self._residence = residence  # of a net on a GPU
        self.blobs: dict[str, Blob] = {}
        self.layers: list[Layer] = []
        self.bottoms: list[list[Blob]] = []
        self.tops: list[list[Blob]] = []
        self.loss_weights: list[list[float]] = []

    def set_up(self) -> None:
        """Make every layer, and the tops in the sizes that follow."""
        for node in self._graph.nodes:
            self._add(node)

    @property
    def data_bytes(self) -> int:
        """Bytes of the data of all tops, as Caffe counts them: in place counts again."""
        return sum(top.nbytes for tops in self.tops for top in tops)

    def decide_gradients(self) -> list[Needs]:
        """Tell each layer which gradients are wanted of it; returns the same."""
        facts = [
            Facts(
                weights,
                [spec.lr_mult for spec in layer.param.param]
                + [1.0] * (len(layer.weights) - len(layer.param.param)),
                layer.allows_force_backward,
            )
            for layer, weights in zip(self.layers, self.loss_weights, strict=True)
        ]
        needs = gradient_needs(self._graph, facts)
        for layer, need in zip(self.layers, needs, strict=True):
            layer.propagate_down = need.bottoms
            layer.param_propagate_down = need.weights
        return needs

    def _add(self, node: Node) -> None:
        if not node.param.HasField("phase"):
            node.param.phase = Phase.ValueType(self._phase)
        log.info("layer_factory.hpp:77", f"Creating layer {node.name}")
        rng = stream(self._seed, self._phase, node.name, len(self.layers))
        layer = create_layer(node.param, self._dtype, rng)
        self.layers.append(layer)
        bottoms = [self.blobs[name] for name in node.bottoms]
        tops = [self._top(name) for name in node.tops]
        unnamed = self._automatic_tops(layer, len(tops))
        narration.creating(node, node.tops + ["(automatic)"] * len(unnamed))
        tops += unnamed
        self.bottoms.append(bottoms)
        self.tops.append(tops)
        layer.check_wiring(len(bottoms), len(tops))
        layer.setup([blob.shape for blob in bottoms])
        if self._residence:
            for weight in layer.weights:
                weight.live_on(self._residence)
        layer.size_tops(bottoms, tops)
        self.loss_weights.append(_loss_weights(layer, len(tops)))
        narration.set_up(layer, tops, self.loss_weights[-1], self.data_bytes)

    def _top(self, name: str) -> Blob:
        if name not in self.blobs:
            self.blobs[name] = self._new_blob()
        return self.blobs[name]

    def _new_blob(self) -> Blob:
        blob = Blob((0,), self._dtype)
        if self._residence:
            blob.live_on(self._residence)
        return blob

    def _automatic_tops(self, layer: Layer, named: int) -> list[Blob]:
        """Blobs for the tops that a layer such as a loss must have and the prototxt left out."""
        if not layer.automatic_tops:
            return []
        count = layer.top_count if isinstance(layer.top_count, int) else (layer.top_count or [0])[0]
        made = [self._new_blob() for _ in range(named, count)]
        for blob in made:
            self.blobs.setdefault("(automatic)", blob)
        return made


def _loss_weights(layer: Layer, tops: int) -> list[float]:
    """What each top counts in the loss; written back to the layer's param, as Caffe does."""
    given = layer.param.loss_weight
    if not given:
        weights = [layer.default_loss_weight(i) for i in range(tops)]
        if any(weights):
            given.extend(weights)
        return weights
    if len(given) != tops:
        raise layer.error(
            f"loss_weight has {len(given)} values; give none, or one for each of its {tops} tops"
        )
    return list(given)
