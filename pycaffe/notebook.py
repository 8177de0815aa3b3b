"""What nets, solvers and blobs look like in a notebook: HTML, with the graph of a net as SVG."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cortado.core import Blob, unseen
from cortado.nets.drawing import Arrow, Box, Diagram, lay_out, layer_color, svg_text

if TYPE_CHECKING:
    from .net import Net

_LOSS = "#b9e3c0"
_LETTERS = 16  # of a name that are shown
_SCALE = 0.75
_BINS = 40


def net_html(net: "Net") -> str:
    """A picture of the graph beside a table: each layer with its shapes and parameters."""
    count = _count({blob.data_memory: blob for w in net.params.values() for blob in w}.values())
    title = (
        f"<b>{escape(net._net.name) or 'Net'}</b>, {'TEST' if net._net.phase else 'TRAIN'}: "
        f"{len(net.layers)} layers, {count:,} parameters, "
        f"{net._net.data_bytes / 2**20:.1f} MiB of blobs"
    )
    return (
        f"<div>{title}</div>"
        '<div style="display:flex;gap:16px;align-items:flex-start;max-height:480px;overflow:auto">'
        f'<div style="flex:none">{_graph_svg(net)}</div>{_layer_table(net)}</div>'
    )


def solver_html(solver: Any) -> str:
    """How far the training is, and the training net."""
    param = solver.param
    facts = [
        ("type", param.type),
        ("iteration", f"{solver.iter:,} of {param.max_iter:,}"),
        ("learning rate", f"{solver.lr:g} ({param.lr_policy or 'fixed'})"),
        ("loss", f"{solver._solver.smoothed.value:g}" if solver.iter else "not known yet"),
        ("test nets", str(len(solver.test_nets))),
        ("snapshots", param.snapshot_prefix or "none"),
    ]
    return _table([], [[name, value] for name, value in facts]) + net_html(solver.net)


def blob_html(blob: Blob) -> str:
    """Shape and type, and how the values of data and diff are distributed."""
    title = f"<div><b>Blob</b> {_shape(blob.shape)}, {blob.dtype}, {blob.count:,} numbers</div>"
    with unseen([blob]):
        sides = [("data", blob.data)] + ([("diff", blob.diff)] if blob.has_diff else [])
        rows = [[name, *_statistics(array)] for name, array in sides]
    return title + _table(["", "least", "mean", "most", "not finite", "distribution"], rows, raw=5)


def _statistics(array: Any) -> list[str]:
    values = np.asarray(array if isinstance(array, np.ndarray) else array.get()).ravel()
    finite = values[np.isfinite(values)].astype(np.float64)
    others = f"{values.size - finite.size:,}"
    if not finite.size:
        return ["", "", "", others, ""]
    numbers = [f"{value:g}" for value in (finite.min(), finite.mean(), finite.max())]
    return [*numbers, others, _histogram_svg(finite)]


def _histogram_svg(values: np.ndarray) -> str:
    low, high = values.min(), values.max()
    if not high - low > 0 or not np.isfinite(high - low):
        return ""
    counts = np.bincount(np.minimum((values - low) / (high - low) * _BINS, _BINS - 1).astype(int))
    heights = 30 * counts / counts.max()
    bars = "".join(
        f'<rect x="{4 * i}" y="{30 - height:.1f}" width="3" height="{height:.1f}"/>'
        for i, height in enumerate(heights)
    )
    return f'<svg width="{4 * _BINS}" height="30" fill="#5b8fc9">{bars}</svg>'


def _layer_table(net: "Net") -> str:
    rows = []
    copied: dict[str, str] = {}  # by the top of a Split: what it is a copy of
    for node, layer in zip(net._net.graph.nodes, net._net.layers, strict=True):
        if layer.type == "Split":
            copied.update(dict.fromkeys(node.tops, node.bottoms[0]))
            continue
        weights = ", ".join(_shape(blob.shape) for blob in layer.weights)
        rows.append(
            [
                node.name,
                layer.type,
                ", ".join(copied.get(bottom, bottom) for bottom in node.bottoms),
                ", ".join(f"{top} {_shape(net.blobs[top].shape)}" for top in node.tops),
                weights,
                f"{_count(layer.weights):,}" if layer.weights else "",
            ]
        )
    return _table(["layer", "type", "bottoms", "tops", "weights", "parameters"], rows)


def _table(heads: list[str], rows: list[list[str]], raw: int | None = None) -> str:
    """An HTML table; cells of column number `raw` are HTML already."""
    style = ' style="text-align:left;white-space:nowrap;padding:1px 8px"'
    lines = ["".join(f"<th{style}>{escape(head)}</th>" for head in heads)] if heads else []
    lines += [
        "".join(f"<td{style}>{c if i == raw else escape(c)}</td>" for i, c in enumerate(row))
        for row in rows
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _graph_svg(net: "Net") -> str:
    return svg_text(lay_out(layer_diagram(net), "TB"), _SCALE)


def layer_diagram(net: "Net") -> Diagram:
    """A box for each layer, Splits left out, and an arrow from each to those that read from it."""
    diagram = Diagram(net._net.name)
    writer: dict[str, int] = {}  # by blob: the box of the layer that wrote it last
    for node, weights in zip(net._net.graph.nodes, net._net.loss_weights, strict=True):
        above = list(dict.fromkeys(writer[blob] for blob in node.bottoms))
        if node.param.type == "Split":
            writer.update((top, above[0]) for top in node.tops)
            continue
        box = len(diagram.boxes)
        color = _LOSS if any(weights) else layer_color(node.param.type)
        hint = f"{node.name} ({node.param.type})"
        diagram.boxes.append(Box([_short(node.name)], color, hint=hint))
        diagram.arrows += [Arrow(source, box) for source in above]
        writer.update((top, box) for top in node.tops)
    return diagram


def _short(name: str) -> str:
    # The ends of names tell more: their beginnings are those of whole blocks.
    return name if len(name) <= _LETTERS else f"…{name[1 - _LETTERS :]}"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def _count(blobs: Any) -> int:
    return sum(blob.count for blob in blobs)
