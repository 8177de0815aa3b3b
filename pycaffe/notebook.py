"""What nets, solvers and blobs look like in a notebook: HTML, with the graph of a net as SVG."""

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cortado.core import Blob, unseen

if TYPE_CHECKING:
    from .net import Net

_COLORS = {  # of the boxes of layers, by type: light enough for black letters
    "Convolution": "#f6b8b0",
    "Deconvolution": "#f6b8b0",
    "InnerProduct": "#dcc3f2",
    "Pooling": "#f9d99a",
    "Input": "#cfd8dc",
    "Data": "#cfd8dc",
}
_OTHER = "#c4dcf3"
_LOSS = "#b9e3c0"
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 92, 16, 8, 12  # of boxes and between them, in pixels
_LETTERS = 16  # that fit into a box
_BINS = 40

Rows = list[list[int]]
Edges = list[tuple[int, int]]


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
        f"{_graph_svg(net)}{_layer_table(net)}</div>"
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
    for node, layer in zip(net._net.graph.nodes, net._net.layers, strict=True):
        if layer.type == "Split":
            continue
        weights = ", ".join(_shape(blob.shape) for blob in layer.weights)
        rows.append(
            [
                node.name,
                layer.type,
                ", ".join(node.bottoms),
                ", ".join(f"{top} {_shape(net.blobs[top].shape)}" for top in node.tops),
                weights,
                f"{_count(layer.weights):,}" if layer.weights else "",
            ]
        )
    return _table(["layer", "type", "bottoms", "tops", "weights", "parameters"], rows)


def _table(heads: list[str], rows: list[list[str]], raw: int | None = None) -> str:
    """An HTML table; cells of column number `raw` are HTML already."""
    style = ' style="text-align:left;white-space:nowrap"'
    lines = ["".join(f"<th{style}>{escape(head)}</th>" for head in heads)] if heads else []
    lines += [
        "".join(f"<td{style}>{c if i == raw else escape(c)}</td>" for i, c in enumerate(row))
        for row in rows
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _graph_svg(net: "Net") -> str:
    rows, edges = _layout(net)
    widest = max(map(len, rows))
    width = widest * (_WIDTH + _GAP_X)
    height = len(rows) * (_HEIGHT + _GAP_Y)
    places = {}
    for y, row in enumerate(rows):
        left = (width - len(row) * (_WIDTH + _GAP_X)) / 2
        for x, i in enumerate(row):
            places[i] = (left + x * (_WIDTH + _GAP_X) + _GAP_X / 2, y * (_HEIGHT + _GAP_Y))
    lines = "".join(_edge(places[a], places[b]) for a, b in edges)
    boxes = "".join(
        _box(layer.type, layer.name, any(weights), *places[i])
        for i, (layer, weights) in enumerate(
            zip(net._net.layers, net._net.loss_weights, strict=True)
        )
        if i in places
    )
    return (
        f'<svg width="{width}" height="{height}" style="flex:none" font-family="sans-serif" '
        f'font-size="9">{lines}{boxes}</svg>'
    )


def _edge(above: tuple[float, float], below: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = above, below
    x1, x2, y1 = x1 + _WIDTH / 2, x2 + _WIDTH / 2, y1 + _HEIGHT
    middle = (y1 + y2) / 2
    return (
        f'<path d="M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}" '
        'fill="none" stroke="#888"/>'
    )


def _box(layer_type: str, name: str, is_loss: bool, x: float, y: float) -> str:
    color = _LOSS if is_loss else _COLORS.get(layer_type, _OTHER)
    # The ends of names tell more: their beginnings are those of whole blocks.
    short = name if len(name) <= _LETTERS else f"…{name[1 - _LETTERS :]}"
    return (
        f"<g><title>{escape(name)} ({escape(layer_type)})</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="3" fill="{color}"/>'
        f'<text x="{x + _WIDTH / 2:g}" y="{y + 11:g}" text-anchor="middle">{escape(short)}</text>'
        "</g>"
    )


def _layout(net: "Net") -> tuple[Rows, Edges]:
    """The layers in rows, each below all that it reads, and which reads which; without Splits."""
    sources: dict[str, int] = {}  # by blob: the layer that wrote it last
    row_of: dict[int, int] = {}
    parents: defaultdict[int, list[int]] = defaultdict(list)
    for i, node in enumerate(net._net.graph.nodes):
        above = list(dict.fromkeys(sources[blob] for blob in node.bottoms))
        if node.param.type == "Split":
            sources.update((top, above[0]) for top in node.tops)
            continue
        parents[i] = above
        row_of[i] = 1 + max((row_of[k] for k in above), default=-1)
        sources.update((top, i) for top in node.tops)
    rows: Rows = [[] for _ in range(1 + max(row_of.values()))]
    place: dict[int, float] = {}
    for y, row in enumerate(rows):
        members = [i for i in row_of if row_of[i] == y]
        wished = {i: sum(place[k] for k in parents[i]) / (len(parents[i]) or 1) for i in members}
        row += sorted(members, key=lambda i: wished[i])
        place.update((i, x - (len(row) - 1) / 2) for x, i in enumerate(row))
    return rows, [(k, i) for i in row_of for k in parents[i]]


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def _count(blobs: Any) -> int:
    return sum(blob.count for blob in blobs)
