"""The layers of a net with their shapes, found without running, filling or planning anything."""

from collections.abc import Mapping
from typing import NamedTuple

from ..core import Blob, Layer, Shape
from ..layers import create_layer
from ..nets.graph import Node, build_graph
from ..nets.rules import net_state, select_layers
from ..nets.weights import Weights
from ..proto import ConfigError
from ..proto.caffe_pb2 import LayerParameter, NetParameter


class ShapedLayer(NamedTuple):
    """One layer of the prototxt, set up, and the blobs around it; Splits are seen through.

    Where is_known is False the layer could not be set up, and the shapes of its tops are not known.
    """

    layer: Layer
    bottoms: list[Blob]
    tops: list[Blob]
    top_names: list[str]
    weights: list[Blob]  # those it owns: shared ones belong to the first layer that has them
    is_known: bool = True

    @property
    def parameters(self) -> int:
        """How many numbers it learns."""
        return sum(weight.count for weight in self.weights)

    @property
    def multiply_adds(self) -> int:
        """How many multiplications, each with an addition, a forward pass takes."""
        return self.layer.multiply_adds(self.bottoms, self.tops) if self.is_known else 0


def shaped_layers(
    net: NetParameter,
    phase: int,
    level: int | None = None,
    stages: tuple[str, ...] = (),
    shapes: Mapping[str, Shape] | None = None,
    problems: list[ConfigError] | None = None,
) -> list[ShapedLayer]:
    """Every layer of the net in that state, in order.

    shapes gives tops their shapes in place of the layer that makes them, such as a Data layer
    whose database is not at hand. Raises ConfigError for whatever is wrong with the prototxt; with
    problems, what is wrong with a layer goes there, and that layer and those after it that read
    its tops have is_known False.
    """
    selected = select_layers(net, net_state(net, phase, level, stages))
    _replace_sources(selected, dict(shapes or {}))
    written = {layer.name for layer in selected.layer}
    blobs: dict[str, Blob] = {}
    weights = Weights("float32")
    made: list[ShapedLayer] = []
    unknown: set[str] = set()
    for node in build_graph(selected).nodes:
        shaped = None
        if not unknown.intersection(node.bottoms):
            try:
                shaped = _shape(node, phase, blobs, weights)
            except ConfigError as problem:
                if problems is None:
                    raise
                problems.append(problem)
        if shaped is None:
            shaped = _unknown(node, blobs)
            unknown.update(node.tops)
        if node.param.type != "Split" or node.name in written:
            made.append(shaped)
    return made


def _shape(node: Node, phase: int, blobs: dict[str, Blob], weights: Weights) -> ShapedLayer:
    if not node.param.HasField("phase"):
        node.param.phase = phase
    bottoms = [blobs[name] for name in node.bottoms]
    tops = [blobs.setdefault(name, Blob((0,))) for name in node.tops]
    try:
        layer = _set_up(node, bottoms, tops)
    except ConfigError as problem:
        if bottoms or not tops:
            raise
        example = ";".join(f"{name}=..." for name in node.tops)
        raise ConfigError(f'{problem} (or give shapes, without data: -shape "{example}")') from None
    known = len(weights.learnable)
    weights.add_layer(layer)
    owned = [weight.blob for weight in weights.learnable[known:]]
    return ShapedLayer(layer, bottoms, tops, node.tops, owned)


def _unknown(node: Node, blobs: dict[str, Blob]) -> ShapedLayer:
    layer = Layer(node.param)
    layer.type = node.param.type
    tops = [blobs.setdefault(name, Blob((0,))) for name in node.tops]
    return ShapedLayer(layer, [], tops, node.tops, [], is_known=False)


def _set_up(node: Node, bottoms: list[Blob], tops: list[Blob]) -> Layer:
    layer = create_layer(node.param, "float32", None)
    try:
        if layer.automatic_tops and not tops:
            tops.append(Blob((0,)))
        layer.check_wiring(len(bottoms), len(tops))
        layer.setup([blob.shape for blob in bottoms])
        layer.size_tops(bottoms, tops)
    finally:
        layer.close()
    return layer


def _replace_sources(net: NetParameter, shapes: dict[str, Shape]) -> None:
    """Put an Input layer in the place of every source all of whose tops have a shape given."""
    for layer in net.layer:
        if layer.bottom or not layer.top or not set(layer.top) <= set(shapes):
            continue
        source = LayerParameter(name=layer.name, type="Input", top=layer.top)
        for top in layer.top:
            source.input_param.shape.add(dim=shapes.pop(top))
        layer.CopyFrom(source)
    if shapes:
        sources = [", ".join(layer.top) for layer in net.layer if layer.top and not layer.bottom]
        raise ConfigError(
            f"-shape: {', '.join(shapes)}: give a shape to every top of one of the layers that "
            f"read no blob; they make {' | '.join(sources) or 'nothing'}"
        )
