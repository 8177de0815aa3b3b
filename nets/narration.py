"""What Caffe's log says while a net is built, line by line."""

from ..core import Blob, Layer, log
from ..proto.format import format_text
from .gradients import Needs
from .graph import Graph, Node

# In Caffe these have a Softmax made for them in their setup, and Scale a Bias, under their own
# name.
_WITH_SOFTMAX = ("SoftmaxWithLoss", "InfogainLoss")


def begin(graph: Graph) -> None:
    """The net as it was asked for."""
    if log.enabled():
        log.info("net.cpp:53", f"Initializing net from parameters: \n{format_text(graph.param)}")


def creating(node: Node, tops: list[str]) -> None:
    """A layer and its blobs, before it is set up."""
    log.info("net.cpp:86", f"Creating Layer {node.name}")
    for blob in node.bottoms:
        log.info("net.cpp:408", f"{node.name} <- {blob}")
    for i, blob in enumerate(tops):
        in_place = i < len(node.bottoms) and node.bottoms[i] == blob
        source, note = ("net.cpp:369", " (in-place)") if in_place else ("net.cpp:382", "")
        log.info(source, f"{node.name} -> {blob}{note}")


def set_up(layer: Layer, tops: list[Blob], loss_weights: list[float], memory: int) -> None:
    """The shapes a layer gives, and the bytes of all tops so far."""
    with_bias = layer.type == "Scale" and layer.param.scale_param.bias_term
    if with_bias or layer.type in _WITH_SOFTMAX:
        log.info("layer_factory.hpp:77", f"Creating layer {layer.name}")
    log.info("net.cpp:124", f"Setting up {layer.name}")
    for top, weight in zip(tops, loss_weights, strict=True):
        sizes = "".join(f"{n} " for n in top.shape)
        log.info("net.cpp:131", f"Top shape: {sizes}({top.count})")
        if weight:
            log.info("net.cpp:134", f"    with loss weight {weight:g}")
    log.info("net.cpp:139", f"Memory required for data: {memory}")


def needs_of(graph: Graph, needs: list[Needs]) -> None:
    """Which layers run backward, last first."""
    for node, need in zip(reversed(graph.nodes), reversed(needs), strict=True):
        if need.backward:
            log.info("net.cpp:200", f"{node.name} needs backward computation.")
        else:
            log.info("net.cpp:202", f"{node.name} does not need backward computation.")


def end(outputs: list[str]) -> None:
    """What the net produces."""
    for name in outputs:
        log.info("net.cpp:244", f"This network produces output {name}")
    log.info("net.cpp:257", "Network initialization done.")
