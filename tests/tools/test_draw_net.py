import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import pytest

from cortado.tools.cli import main

MODELS = Path(__file__).parents[2] / "models"
LENET = str(MODELS / "lenet/train_test.prototxt")


@pytest.fixture(params=["dot", "no dot"])
def drawers(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if request.param == "no dot":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    return request.param


@pytest.fixture
def no_dot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))


def texts(path):
    """All texts of an SVG file."""
    root = ElementTree.parse(path).getroot()
    return {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}


def test_svg(drawers, capsys):
    assert main(["draw_net", LENET, "out.svg"]) == 0
    assert capsys.readouterr() == ("Drawing net to out.svg\n", "")
    assert {"conv1", "pool1", "Convolution", "20", "accuracy"} <= texts("out.svg")


@pytest.mark.parametrize("direction", ["LR", "BT"])
def test_png(drawers, direction):
    assert main(["draw_net", LENET, "out.png", "--rankdir", direction]) == 0
    image = cv2.imread("out.png")
    assert image is not None
    height, width = image.shape[:2]
    assert (width > height) == (direction == "LR")


def test_pdf(drawers):
    assert main(["draw_net", LENET, "out.pdf"]) == 0
    assert Path("out.pdf").read_bytes().startswith(b"%PDF")


def test_a_phase_shows_its_layers_only(no_dot):
    main(["draw_net", LENET, "out.svg", "--phase", "TRAIN"])
    assert "Accuracy" not in texts("out.svg")


def test_rates_are_shown_on_demand(no_dot):
    main(["draw_net", LENET, "out.svg"])
    assert "lr_mult 1, 2" not in texts("out.svg")
    main(["draw_net", LENET, "out.svg", "--display_lrm"])
    assert "lr_mult 1, 2" in texts("out.svg")


def test_names_that_look_like_formulas_are_drawn(no_dot, tmp_path):
    (tmp_path / "net.prototxt").write_text('layer { name: "a$b_$" type: "Silence" bottom: "$x$" }')
    assert main(["draw_net", "net.prototxt", "out.png"]) == 0


def test_without_graphviz_and_matplotlib_a_png_names_the_extra(no_dot, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["draw_net", LENET, "out.png"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("caffe: error: drawing a net without Graphviz needs matplotlib")
    assert "cortado[plot]" in error
    assert main(["draw_net", LENET, "out.svg"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([LENET, "out.gif"], "out.gif: pictures are written as .png, .svg or .pdf"),
        (["gone", "out.svg"], "no such file: gone"),
        ([LENET, "out.svg", "--rankdir", "UP"], "argument --rankdir: invalid choice: 'UP'"),
        ([LENET, "gone/out.svg"], "gone/out.svg: cannot be written"),
    ],
)
def test_what_is_missing_or_wrong_is_named(no_dot, capsys, words, message):
    assert main(["draw_net", *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")
