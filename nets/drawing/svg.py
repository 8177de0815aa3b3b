"""Pictures as SVG, written out by hand: nothing needs to be installed."""

from html import escape

from .layout import Picture, PlacedBox, Point, Route

_LINE = 14.0
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{shown_w:.0f}" height="{shown_h:.0f}" \
viewBox="0 0 {w:.0f} {h:.0f}" font-family="Helvetica, Arial, sans-serif" font-size="11">
<title>{title}</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="white"/>
"""


def svg_text(picture: Picture, scale: float = 1.0) -> str:
    """The picture as an SVG document, shown so many times as large."""
    w, h = picture.width, picture.height
    title = escape(picture.name or "Net")
    parts = [_HEAD.format(w=w, h=h, shown_w=scale * w, shown_h=scale * h, title=title)]
    parts += [_route(route) for route in picture.routes]
    parts += [_box(placed) for placed in picture.boxes]
    return "".join([*parts, "</svg>\n"])


def curve(route: Route) -> list[tuple[Point, Point, Point, Point]]:
    """The cubic Bezier curves from each point of a route to the next."""
    pieces = []
    for (x0, y0), (x1, y1) in zip(route.points, route.points[1:], strict=False):
        if route.is_vertical:
            middle = (y0 + y1) / 2
            pieces.append(((x0, y0), (x0, middle), (x1, middle), (x1, y1)))
        else:
            middle = (x0 + x1) / 2
            pieces.append(((x0, y0), (middle, y0), (middle, y1), (x1, y1)))
    return pieces


def label_point(route: Route) -> Point:
    """Where the label of an arrow starts: beside the middle of its first piece."""
    (x0, y0), (x1, y1) = route.points[:2]
    return (x0 + x1) / 2 + (4 if route.is_vertical else -6), (y0 + y1) / 2 - 3


def octagon(placed: PlacedBox) -> list[Point]:
    """The corners of a blob's box."""
    x, y, w, h, cut = placed.x, placed.y, placed.width, placed.height, 6.0
    return [
        (x + cut, y),
        (x + w - cut, y),
        (x + w, y + cut),
        (x + w, y + h - cut),
        (x + w - cut, y + h),
        (x + cut, y + h),
        (x, y + h - cut),
        (x, y + cut),
    ]


def _route(route: Route) -> str:
    (x, y), *_ = route.points
    path = f"M{x:.1f},{y:.1f}" + "".join(
        " C" + " ".join(f"{px:.1f},{py:.1f}" for px, py in piece[1:]) for piece in curve(route)
    )
    start = ' marker-start="url(#arrow)"' if route.both_ways else ""
    line = f'<path d="{path}" fill="none" stroke="#555"{start} marker-end="url(#arrow)"/>\n'
    if route.label:
        x, y = label_point(route)
        line += f'<text x="{x:.1f}" y="{y:.1f}" fill="#555">{escape(route.label)}</text>\n'
    return line


def _box(placed: PlacedBox) -> str:
    style = f'fill="{placed.box.color}" stroke="#555"'
    if placed.box.is_blob:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in octagon(placed))
        shape = f'<polygon points="{corners}" {style}/>\n'
    else:
        shape = (
            f'<rect x="{placed.x:.1f}" y="{placed.y:.1f}" width="{placed.width:.1f}" '
            f'height="{placed.height:.1f}" rx="3" {style}/>\n'
        )
    x = placed.x + placed.width / 2
    y = placed.y + placed.height / 2 - _LINE * len(placed.box.lines) / 2
    for i, line in enumerate(placed.box.lines):
        weight = ' font-weight="bold"' if i == 0 and not placed.box.is_blob else ""
        shape += (
            f'<text x="{x:.1f}" y="{y + _LINE * i + 11:.1f}" text-anchor="middle"{weight}>'
            f"{escape(line)}</text>\n"
        )
    if placed.box.hint:
        shape = f"<g><title>{escape(placed.box.hint)}</title>\n{shape}</g>\n"
    return shape
