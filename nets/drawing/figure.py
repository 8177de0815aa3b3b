"""Pictures as PNG and PDF, by matplotlib."""

import io
from typing import Any

from ...core import optional
from .layout import Picture, PlacedBox, Route
from .svg import curve, label_point, octagon

_PIXELS_PER_INCH = 72.0
_LARGEST = 30000.0  # pixels along a side of a PNG, at most
_LINE = 14.0


def figure_bytes(picture: Picture, kind: str) -> bytes:
    """The picture as "png" or "pdf"; ConfigError without matplotlib."""
    figures = optional.load("matplotlib.figure", "plot", "drawing a net without Graphviz")
    patches = optional.load("matplotlib.patches", "plot", "drawing a net without Graphviz")
    paths = optional.load("matplotlib.path", "plot", "drawing a net without Graphviz")
    size = (picture.width / _PIXELS_PER_INCH, picture.height / _PIXELS_PER_INCH)
    figure = figures.Figure(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    axes.axis("off")
    for route in picture.routes:
        _draw_route(axes, patches, paths, route)
    for placed in picture.boxes:
        _draw_box(axes, patches, placed)
    image = io.BytesIO()
    figure.savefig(image, format=kind, dpi=min(100.0, _LARGEST / max(size)))
    return image.getvalue()


def _draw_route(axes: Any, patches: Any, paths: Any, route: Route) -> None:
    points, codes = [route.points[0]], [paths.Path.MOVETO]
    for piece in curve(route):
        points += piece[1:]
        codes += [paths.Path.CURVE4] * 3
    style = "<|-|>" if route.both_ways else "-|>"
    arrow = patches.FancyArrowPatch(
        path=paths.Path(points, codes),
        arrowstyle=style,
        mutation_scale=8,
        color="#555555",
        linewidth=0.9,
    )
    axes.add_patch(arrow)
    if route.label:
        axes.text(*label_point(route), route.label, fontsize=8, color="#555555")


def _draw_box(axes: Any, patches: Any, placed: PlacedBox) -> None:
    style = {"facecolor": placed.box.color, "edgecolor": "#555555", "linewidth": 0.9}
    if placed.box.is_blob:
        axes.add_patch(patches.Polygon(octagon(placed), closed=True, **style))
    else:
        corner = (placed.x, placed.y)
        axes.add_patch(patches.Rectangle(corner, placed.width, placed.height, **style))
    x = placed.x + placed.width / 2
    y = placed.y + placed.height / 2 - _LINE * (len(placed.box.lines) - 1) / 2
    for i, line in enumerate(placed.box.lines):
        weight = "bold" if i == 0 and not placed.box.is_blob else "normal"
        text = line.replace("$", r"\$")  # else matplotlib reads a formula
        axes.text(x, y + _LINE * i, text, fontsize=8, ha="center", va="center", weight=weight)
