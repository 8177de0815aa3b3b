"""Pictures of nets: what is drawn (diagram), where (layout), and how (SVG, matplotlib, pydot)."""

from .diagram import Arrow, Box, Diagram, net_diagram
from .graphviz import pydot_graph
from .layout import Picture, lay_out
from .svg import svg_text

__all__ = [
    "Arrow",
    "Box",
    "Diagram",
    "Picture",
    "lay_out",
    "net_diagram",
    "pydot_graph",
    "svg_text",
]
