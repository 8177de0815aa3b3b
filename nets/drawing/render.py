"""Diagrams as the bytes of a picture file, drawn by Graphviz or by ourselves."""

import shutil
from importlib.util import find_spec

from ...proto import ConfigError
from .diagram import Diagram
from .figure import figure_bytes
from .graphviz import pydot_graph
from .layout import lay_out
from .svg import svg_text


def picture_bytes(diagram: Diagram, direction: str, kind: str) -> bytes:
    """The picture of a diagram that runs in a direction: LR, RL, TB or BT.

    Graphviz draws it where its program dot and pydot are installed, whatever the kind; else
    "svg" needs nothing, and "png" and "pdf" need matplotlib. Raises ConfigError for what is not
    installed.
    """
    if shutil.which("dot") and find_spec("pydot"):
        return pydot_graph(diagram, direction).create(format=kind)
    if kind not in ("svg", "png", "pdf"):
        raise ConfigError(f"pictures of the format {kind!r} need Graphviz and pydot")
    picture = lay_out(diagram, direction)
    return svg_text(picture).encode() if kind == "svg" else figure_bytes(picture, kind)
