from itertools import combinations
from pathlib import Path

import pytest

from cortado.nets.drawing import Arrow, Box, Diagram, lay_out, net_diagram
from cortado.nets.drawing.layout import DIRECTIONS, box_size
from cortado.proto import read_net

MODELS = sorted((Path(__file__).parents[3] / "models").glob("*/*t*.prototxt"))
NETS = [path for path in MODELS if "solver" not in path.name]


def overlap(a, b):
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


@pytest.mark.parametrize("path", NETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_boxes_are_apart_and_inside(path):
    picture = lay_out(net_diagram(read_net(path)), "TB")
    assert picture.boxes
    assert not any(overlap(a, b) for a, b in combinations(picture.boxes, 2))
    for box in picture.boxes:
        assert 0 <= box.x <= picture.width - box.width
        assert 0 <= box.y <= picture.height - box.height
        assert (box.width, box.height) == box_size(box.box)


def test_a_chain_is_straight():
    path = next(path for path in NETS if path.parent.name == "lenet")
    picture = lay_out(net_diagram(read_net(path.with_name("deploy.prototxt"))), "TB")
    chain = [box for box in picture.boxes if box.box.beside is None]
    middles = {round(box.x + box.width / 2, 6) for box in chain}
    assert len(middles) == 1
    assert [box.y for box in chain] == sorted(box.y for box in chain)


@pytest.fixture
def diamond():
    """a -> b, c; b -> d; c -> e -> d; a -> d crosses the ranks between."""
    boxes = [Box([name], "#fff") for name in "abcde"]
    ends = [(0, 1), (0, 2), (1, 3), (2, 4), (4, 3), (0, 3)]
    return Diagram("", boxes, [Arrow(*pair) for pair in ends])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_arrows_run_in_the_direction_asked_for(diamond, direction):
    picture = lay_out(diamond, direction)
    axis, sign = {"LR": (0, 1), "RL": (0, -1), "TB": (1, 1), "BT": (1, -1)}[direction]
    for route in picture.routes:
        along = [sign * point[axis] for point in route.points]
        assert along == sorted(along)
        assert route.is_vertical == (axis == 1)


def test_long_arrows_pass_between_the_boxes(diamond):
    picture = lay_out(diamond, "TB")
    [route] = [r for r, a in zip(picture.routes, diamond.arrows, strict=True) if a.target == 3][2:]
    for x, y in route.points[1:-1]:
        for box in picture.boxes:
            inside = box.x < x < box.x + box.width and box.y <= y <= box.y + box.height
            assert not inside


def test_a_loop_and_an_empty_diagram_are_laid_out():
    loop = Diagram("", [Box(["a"], "#fff"), Box(["b"], "#fff")], [Arrow(0, 1), Arrow(1, 0)])
    assert len(lay_out(loop, "LR").routes) == 2
    assert lay_out(Diagram("")).boxes == []


def test_an_arrow_goes_round_the_box_between_its_ends():
    boxes = [Box([name], "#fff") for name in "abc"]
    picture = lay_out(Diagram("", boxes, [Arrow(0, 1), Arrow(1, 2), Arrow(0, 2)]), "TB")
    between = picture.boxes[1]
    beside = [
        x for x, y in picture.routes[2].points if between.y <= y <= between.y + between.height
    ]
    assert beside
    assert not any(between.x < x < between.x + between.width for x in beside)


def test_arrows_do_not_cross_without_need():
    """a and b stand side by side, as do c and d; a leads to d, b to c."""
    boxes = [Box([name], "#fff") for name in "abcd"]
    picture = lay_out(Diagram("", boxes, [Arrow(0, 3), Arrow(1, 2)]), "TB")
    a, b, c, d = (box.x for box in picture.boxes)
    assert (a < b) == (d < c)
