"""Where the boxes of a diagram go: in ranks from the first layer to the last, arrows between.

Layers and blobs alternate rank by rank; in-place layers stand beside their blob. An arrow that
crosses ranks gets a narrow place in each of them. Boxes are ordered within ranks by the mean place
of their neighbours, over and over, and then moved to where their neighbours are, as near as the
boxes beside them let them.

Source: K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical System
Structures, 1981; the last step is isotonic regression, by pooling adjacent violators.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .diagram import Box, Diagram

Point = tuple[float, float]

_LINE, _LETTER = 14.0, 6.4  # height of a line of text, width of a letter
_MARGIN = 8.0  # inside boxes
_APART, _RANK_APART = 18.0, 30.0  # between boxes of a rank; between ranks
_SWEEPS = 12
DIRECTIONS = ("LR", "RL", "TB", "BT")


@dataclass
class PlacedBox:
    """A box with its left upper corner and size."""

    box: Box
    x: float
    y: float
    width: float
    height: float


@dataclass
class Route:
    """The way of an arrow: points, between which it bends smoothly."""

    points: list[Point]
    label: str
    both_ways: bool
    is_vertical: bool  # which way it leaves and enters


@dataclass
class Picture:
    """All that has to be drawn, in pixels from the left upper corner."""

    name: str
    width: float
    height: float
    boxes: list[PlacedBox]
    routes: list[Route]


@dataclass
class _Place:
    """Something that takes room in a rank: a blob with the layers beside it, a layer, an arrow."""

    boxes: list[int]
    rank: int
    left: float  # how far it reaches along the rank, to both sides of the first box's middle
    right: float
    center: float = 0.0
    before: list["_Place"] = field(default_factory=list)
    after: list["_Place"] = field(default_factory=list)


def lay_out(diagram: Diagram, direction: str = "LR") -> Picture:
    """The picture of a diagram that runs left to right (LR), RL, top to bottom (TB) or BT."""
    layout = _Layout(diagram, direction in ("TB", "BT"))
    picture = layout.picture()
    if direction in ("RL", "BT"):
        _mirror(picture, layout.is_vertical)
    return picture


def box_size(box: Box) -> tuple[float, float]:
    """Width and height that the text of a box takes."""
    width = max(map(len, box.lines)) * _LETTER + 2 * _MARGIN
    return width, len(box.lines) * _LINE + _MARGIN


class _Layout:
    def __init__(self, diagram: Diagram, is_vertical: bool):
        self.diagram = diagram
        self.is_vertical = is_vertical
        sizes = [box_size(box) for box in diagram.boxes]
        # (along the direction of the net, along a rank)
        self.sizes = [(h, w) if is_vertical else (w, h) for w, h in sizes]
        self.ranks: list[list[_Place]] = []
        self.place_of = self._places()
        self.ways = [self._way(arrow.source, arrow.target) for arrow in diagram.arrows]
        self._order()
        self._align()

    def picture(self) -> Picture:
        """Boxes and routes at their coordinates."""
        starts, depth = self._rank_starts()
        boxes = [self._placed(i, starts) for i in range(len(self.diagram.boxes))]
        routes = [self._route(i, boxes, starts) for i in range(len(self.diagram.arrows))]
        places = [place for rank in self.ranks for place in rank]
        breadth = max((p.center + p.right for p in places), default=0.0) + _APART
        width, height = (breadth, depth) if self.is_vertical else (depth, breadth)
        return Picture(self.diagram.name, width, height, boxes, routes)

    def _places(self) -> list[_Place]:
        """A place for every box, in ranks that every arrow but those of loops runs down."""
        ranks = [-1] * len(self.diagram.boxes)
        for arrow in self.diagram.arrows:
            if self.diagram.boxes[arrow.target].beside is None and (
                ranks[arrow.target] < 0 or not self.diagram.boxes[arrow.target].is_blob
            ):
                ranks[arrow.source] = max(ranks[arrow.source], 0)
                ranks[arrow.target] = max(ranks[arrow.target], ranks[arrow.source] + 1)
        places: dict[int, _Place] = {}
        for i, box in enumerate(self.diagram.boxes):
            if box.beside is None:
                places[i] = self._add([i], max(ranks[i], 0), self.sizes[i][1])
        for i, box in enumerate(self.diagram.boxes):
            if box.beside is not None:
                places[i] = places[box.beside]
                places[i].boxes.append(i)
                places[i].right += _APART + self.sizes[i][1]
        return [places[i] for i in range(len(self.diagram.boxes))]

    def _add(self, boxes: list[int], rank: int, breadth: float) -> _Place:
        while len(self.ranks) <= rank:
            self.ranks.append([])
        place = _Place(boxes, rank, breadth / 2, breadth / 2)
        self.ranks[rank].append(place)
        return place

    def _way(self, source: int, target: int) -> list[_Place]:
        """The places an arrow passes, with a narrow one in every rank between its ends."""
        first, last = self.place_of[source], self.place_of[target]
        way = [first]
        for rank in range(first.rank + 1, last.rank):
            way.append(self._add([], rank, 0.0))
        if first is not last:
            way.append(last)
        if first.rank < last.rank:
            for upper, lower in zip(way, way[1:], strict=False):
                upper.after.append(lower)
                lower.before.append(upper)
        return way

    def _order(self) -> None:
        """Sort each rank by the mean place of the neighbours above, then below, and again."""
        self._number()
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for rank in self.ranks if down else reversed(self.ranks):
                keys = {id(p): _mean_center(p.before if down else p.after, p) for p in rank}
                rank.sort(key=lambda place, keys=keys: keys[id(place)])
                for i, place in enumerate(rank):
                    place.center = i - len(rank) / 2
        self._number()

    def _number(self) -> None:
        for rank in self.ranks:
            for i, place in enumerate(rank):
                place.center = i - len(rank) / 2

    def _align(self) -> None:
        """Move places to the mean of their neighbours, the order within ranks kept."""
        for rank in self.ranks:
            _spread(rank, [0.0] * len(rank))
        for sweep in range(2 * _SWEEPS):
            down = sweep % 2 == 0
            for rank in self.ranks if down else reversed(self.ranks):
                _spread(rank, [_mean_center(p.before if down else p.after, p) for p in rank])
        places = [place for rank in self.ranks for place in rank]
        least = min((p.center - p.left for p in places), default=0.0)
        for place in places:
            place.center += _APART - least

    def _rank_starts(self) -> tuple[list[float], float]:
        """Where each rank begins along the direction of the net, and where the last one ends."""
        starts, end = [], _RANK_APART / 2
        for rank in self.ranks:
            starts.append(end)
            end += max((self.sizes[i][0] for p in rank for i in p.boxes), default=0) + _RANK_APART
        return starts, end - _RANK_APART / 2

    def _placed(self, index: int, starts: list[float]) -> PlacedBox:
        place = self.place_of[index]
        along, across = self.sizes[index]
        position = place.center - place.left
        for other in place.boxes[: place.boxes.index(index)]:
            position += self.sizes[other][1] + _APART
        depth = max(self.sizes[i][0] for p in self.ranks[place.rank] for i in p.boxes)
        start = starts[place.rank] + (depth - along) / 2
        if self.is_vertical:
            return PlacedBox(self.diagram.boxes[index], position, start, across, along)
        return PlacedBox(self.diagram.boxes[index], start, position, along, across)

    def _route(self, index: int, boxes: list[PlacedBox], starts: list[float]) -> Route:
        arrow, way = self.diagram.arrows[index], self.ways[index]
        if len(way) == 1:  # beside each other, or the same
            points = self._beside(boxes[arrow.source], boxes[arrow.target])
            return Route(points, arrow.label, arrow.both_ways, not self.is_vertical)
        ends = (boxes[arrow.source], boxes[arrow.target])
        points = [self._edge(ends[0], 1)]
        for place in way[1:-1]:
            depth = max(
                (self.sizes[i][0] for p in self.ranks[place.rank] for i in p.boxes), default=0.0
            )
            for start in (starts[place.rank], starts[place.rank] + depth):
                points.append((place.center, start) if self.is_vertical else (start, place.center))
        points.append(self._edge(ends[1], 0))
        return Route(points, arrow.label, arrow.both_ways, self.is_vertical)

    def _edge(self, box: PlacedBox, end: int) -> Point:
        """The middle of a box's first (0) or last (1) edge along the direction of the net."""
        if self.is_vertical:
            return box.x + box.width / 2, box.y + end * box.height
        return box.x + end * box.width, box.y + box.height / 2

    def _beside(self, first: PlacedBox, second: PlacedBox) -> list[Point]:
        if self.is_vertical:
            y = first.y + first.height / 2
            return [(first.x + first.width, y), (second.x, second.y + second.height / 2)]
        x = first.x + first.width / 2
        return [(x, first.y + first.height), (second.x + second.width / 2, second.y)]


def _mean_center(neighbours: Sequence[_Place], place: _Place) -> float:
    if not neighbours:
        return place.center
    return sum(other.center for other in neighbours) / len(neighbours)


def _spread(rank: list[_Place], wanted: list[float]) -> None:
    """Put the places of a rank where they are wanted, as nearly as their breadths allow."""
    offsets, end = [], 0.0
    for place in rank:
        offsets.append(end + place.left)
        end += place.left + place.right + _APART
    pools: list[tuple[float, int]] = []  # mean of what is wanted, and of how many places
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean = (mean * count + other * others) / (count + others)
            count += others
        pools.append((mean, count))
    shifts = [mean for mean, count in pools for _ in range(count)]
    for place, offset, shift in zip(rank, offsets, shifts, strict=True):
        place.center = offset + shift


def _mirror(picture: Picture, vertically: bool) -> None:
    """Turn a picture round along the direction of the net."""
    for box in picture.boxes:
        if vertically:
            box.y = picture.height - box.y - box.height
        else:
            box.x = picture.width - box.x - box.width
    for route in picture.routes:
        route.points = [
            (x, picture.height - y) if vertically else (picture.width - x, y)
            for x, y in route.points
        ]
