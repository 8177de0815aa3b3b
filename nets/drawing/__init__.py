"""Pictures of nets: what is drawn (diagram), where (layout), and how (SVG, matplotlib, pydot)."""

from .diagram import Arrow, Box, Diagram, layer_color, layer_lines, net_diagram, top_label
from .graphviz import pydot_graph
from .layout import DIRECTIONS, Picture, lay_out
from .render import picture_bytes
from .svg import svg_text

__all__ = [
    "DIRECTIONS",
    "Arrow",
    "Box",
    "Diagram",
    "Picture",
    "lay_out",
    "layer_color",
    "layer_lines",
    "net_diagram",
    "picture_bytes",
    "pydot_graph",
    "svg_text",
    "top_label",
]
