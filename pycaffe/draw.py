"""caffe.draw: a net as a picture, drawn by Graphviz through pydot, or without it by ourselves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cortado.nets import drawing

from .proto.caffe_pb2 import PoolingParameter


def get_pooling_types_dict() -> dict[int, str]:
    """The names of the ways of pooling, by their numbers."""
    return {number: name for name, number in PoolingParameter.PoolMethod.items()}


def get_edge_label(layer: Any) -> str:
    """What to write beside the arrow out of a layer: its batch size or number of outputs."""
    return drawing.top_label(layer)


def get_layer_lr_mult(layer: Any) -> float:
    """How fast a layer's weights learn: the largest lr_mult, 1 if none is given, 0 for others."""
    if layer.type not in ("Convolution", "Deconvolution", "InnerProduct"):
        return 0.0
    return max((param.lr_mult for param in layer.param), default=1.0)


def get_layer_label(layer: Any, rankdir: str, display_lrm: bool = False) -> str:
    """What to write on a layer: name, type, window, and how fast it learns if asked.

    Pieces are side by side where the net goes from top to bottom, else below each other.
    """
    separator = " " if rankdir in ("TB", "BT") else "\n"
    return separator.join(drawing.layer_lines(layer, display_lrm))


def choose_color_by_layertype(layertype: str) -> str:
    """The colour of a type of layer, "#rrggbb"."""
    return drawing.layer_color(layertype)


def get_pydot_graph(
    caffe_net: Any,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> Any:
    """The pydot.Dot of a NetParameter, of the layers of one phase or of all.

    rankdir    the way it goes: LR, TB, BT or RL
    """
    diagram = drawing.net_diagram(caffe_net, phase, display_lrm)
    if not label_edges:
        diagram.arrows = [replace(arrow, label="") for arrow in diagram.arrows]
    return drawing.pydot_graph(diagram, _direction(rankdir))


def draw_net(
    caffe_net: Any,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """The picture of a NetParameter, as the bytes of a file of the format ext: png, svg, pdf.

    Where Graphviz and pydot are installed they draw it, in any format they know.
    """
    diagram = drawing.net_diagram(caffe_net, phase, display_lrm)
    return drawing.picture_bytes(diagram, _direction(rankdir), ext)


def draw_net_to_file(
    caffe_net: Any,
    filename: str | Path,
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Draw a NetParameter into a file, in the format that its name ends with."""
    ext = Path(filename).suffix.removeprefix(".")
    if not ext:
        raise ValueError(f"{filename}: the name must end with a format, as .png or .svg")
    Path(filename).write_bytes(draw_net(caffe_net, rankdir, ext, phase, display_lrm))


def _direction(rankdir: str) -> str:
    if rankdir not in drawing.DIRECTIONS:
        raise ValueError(f"rankdir: {rankdir!r} is none of {', '.join(drawing.DIRECTIONS)}")
    return rankdir
