"""The graph of a net: which layer reads and writes which blob. Plain data; nothing allocated."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..proto import ConfigError
from ..proto.caffe_pb2 import NetParameter, Phase
from .splits import insert_splits


@dataclass
class Node:
    """One layer and the names of its blobs. In place, a name is both bottom and top."""

    param: Any  # LayerParameter
    bottoms: list[str]
    tops: list[str]

    @property
    def name(self) -> str:
        """The layer's name in the prototxt."""
        return self.param.name


@dataclass
class Graph:
    """The layers of a net in the order they run, splits included."""

    name: str
    nodes: list[Node]
    outputs: list[str] = field(default_factory=list)  # blobs that no layer reads, sorted
    param: NetParameter = field(default_factory=NetParameter)  # the net as it was asked for

    @property
    def inputs(self) -> list[str]:
        """Blobs that a user fills: the tops of Input layers."""
        return [top for node in self.nodes if node.param.type == "Input" for top in node.tops]


def build_graph(net: NetParameter) -> Graph:
    """Wire the layers of a NetParameter whose layers were selected for one phase."""
    if not net.layer:
        phase = Phase.Name(net.state.phase)
        raise ConfigError(f"net {net.name!r}: has no layers, or none in phase {phase}")
    split = insert_splits(net)
    nodes = [Node(layer, list(layer.bottom), list(layer.top)) for layer in split.layer]
    unread: dict[str, None] = {}
    made: dict[str, str] = {}
    for i, node in enumerate(nodes):
        _check_flags(node)
        for j, blob in enumerate(node.bottoms):
            if blob not in unread:
                raise _unknown_bottom(nodes, i, j, made)
            del unread[blob]
        for j, blob in enumerate(node.tops):
            in_place = j < len(node.bottoms) and node.bottoms[j] == blob
            if blob in made and not in_place:
                raise _second_producer(nodes, node, blob, made[blob])
            made[blob] = node.name
            unread[blob] = None
    return Graph(net.name, nodes, sorted(unread), net)


def _check_flags(node: Node) -> None:
    flags = len(node.param.propagate_down)
    if flags not in (0, len(node.bottoms)):
        raise ConfigError(
            f"layer {node.name!r} ({node.param.type}): propagate_down has {flags} values; "
            f"give none, or one for each of its {len(node.bottoms)} bottoms"
        )


def _second_producer(nodes: list[Node], node: Node, blob: str, first: str) -> ConfigError:
    start = f"layer {node.name!r} ({node.param.type}): "
    copies = [n for n in nodes if n.param.type == "Split" and n.bottoms == [blob]]
    if any(not set(split.tops).isdisjoint(node.bottoms) for split in copies):
        return ConfigError(
            f"{start}works in place on {blob!r}, which others read as it was before; "
            "give the top a name of its own"
        )
    return ConfigError(
        f"{start}top {blob!r} is already a top of layer {first!r}; a blob has one producer, unless "
        "a layer works in place (the same name as bottom and top, at the same position)"
    )


def _unknown_bottom(nodes: list[Node], i: int, j: int, made: dict[str, str]) -> ConfigError:
    node, blob = nodes[i], nodes[i].bottoms[j]
    start = f"layer {node.name!r} ({node.param.type}): bottom {blob!r} (index {j}) "
    later = next((n for n in nodes[i:] if blob in n.tops), None)
    if later is node:
        return ConfigError(f"{start}is its own top, and no layer above makes it: a cycle")
    if later:
        if _depends(nodes, later, node):
            return ConfigError(
                f"{start}is made by layer {later.name!r}, which needs the tops of {node.name!r}: "
                "a cycle; a net runs from top to bottom of its file"
            )
        return ConfigError(
            f"{start}is made further down, by layer {later.name!r}; move that layer above this one"
        )
    close = get_close_matches(blob, made, n=1)
    nearest = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(made) or 'none'}"
    return ConfigError(f"{start}is the top of no layer in this phase; {nearest}")


def _depends(nodes: list[Node], node: Node, on: Node) -> bool:
    """Whether `node` reads, directly or through others, what `on` makes."""
    makers = {top: n for n in nodes for top in n.tops}
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current is on:
            return True
        if id(current) not in seen:
            seen.add(id(current))
            waiting += [makers[b] for b in current.bottoms if b in makers]
    return False
