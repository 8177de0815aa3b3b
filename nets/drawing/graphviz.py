"""Diagrams as pydot graphs, for Graphviz to draw."""

from typing import Any

from ...core import optional
from .diagram import Box, Diagram


def pydot_graph(diagram: Diagram, rankdir: str = "LR") -> Any:
    """The pydot.Dot of a diagram; rankdir says which way it runs: LR, RL, TB or BT."""
    pydot = optional.load("pydot", "draw", "drawing by Graphviz")
    graph = pydot.Dot(_quoted(diagram.name or "Net"), graph_type="digraph", rankdir=rankdir)
    nodes = [pydot.Node(f"n{i}", **_style(box)) for i, box in enumerate(diagram.boxes)]
    for node in nodes:
        graph.add_node(node)
    for arrow in diagram.arrows:
        style = {"dir": "both"} if arrow.both_ways else {}
        if arrow.label:
            style["label"] = _quoted(arrow.label)
        graph.add_edge(pydot.Edge(nodes[arrow.source], nodes[arrow.target], **style))
    return graph


def _style(box: Box) -> dict[str, str]:
    return {
        "label": '"' + "\\n".join(map(_escaped, box.lines)) + '"',
        "shape": "octagon" if box.is_blob else "box",
        "style": "filled",
        "fillcolor": _quoted(box.color),
        "fontname": "Helvetica",
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return '"' + _escaped(text) + '"'
