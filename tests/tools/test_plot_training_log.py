import sys

import cv2
import pytest

from cortado.core import optional
from cortado.tools import chart
from cortado.tools.cli import main
from cortado.tools.plot_training_log import training_panels
from cortado.tools.training_log import parse_training_log

LINES = ["I1103 09:40:40.0 7 solver.cpp:279] Solving LeNet"]
for i in range(100):
    LINES += [
        f"I1103 09:41:{i // 2:02}.5 7 solver.cpp:218] Iteration {i}, loss = {3 - i / 50}",
        f"    Train net output #0: loss = {3 - i / 50} (* 1 = {3 - i / 50} loss)",
        f"Iteration {i}, lr = {0.1 if i < 50 else 0.001}",
    ]
    if i % 25 == 0:
        LINES += [
            f"Iteration {i}, Testing net (#0)",
            f"    Test net output #0: accuracy = {i / 100}",
            "    Test net output #1: loss = 2.5 (* 1 = 2.5 loss)",
        ]


@pytest.fixture
def log(tmp_path, monkeypatch):
    (tmp_path / "run.log").write_text("\n".join(LINES))
    (tmp_path / "other.log").write_text("\n".join(LINES))
    monkeypatch.chdir(tmp_path)


def test_panels_hold_losses_scores_and_rate():
    loss, score, rate = training_panels([("run.log", parse_training_log(LINES))])
    assert [curve.label for curve in loss.curves] == ["train loss", "test loss"]
    assert loss.curves[0].x == list(range(100))
    assert (score.title, score.curves[0].label) == ("accuracy", "test accuracy")
    assert score.curves[0].y == [0, 0.25, 0.5, 0.75]
    assert set(rate.curves[0].y) == {0.1, 0.001}


def test_several_logs_are_told_apart():
    log = parse_training_log(LINES)
    loss, *_ = training_panels([("a", log), ("b", log)], over_seconds=True)
    assert [c.label for c in loss.curves if c.is_noisy] == ["a: train loss", "b: train loss"]
    assert loss.curves[0].x[:3] == [20.5, 20.5, 21.5]


def test_a_png_is_drawn(log):
    assert main(["plot_training_log", "out.png", "run.log"]) == 0
    image = cv2.imread("out.png")
    assert image is not None
    assert len(set(map(tuple, image.reshape(-1, 3)))) > 20


@pytest.mark.parametrize(
    ("number", "words"),
    list(
        enumerate(
            [
                ("accuracy", "iterations"),
                ("accuracy", "seconds"),
                ("test loss", "iterations"),
                ("test loss", "seconds"),
                ("learning rate", "iterations"),
                ("learning rate", "seconds"),
                ("train loss", "iterations"),
                ("train loss", "seconds"),
            ]
        )
    ),
)
def test_the_chart_types_of_caffe(log, monkeypatch, number, words):
    drawn = []
    monkeypatch.setattr(
        "cortado.tools.plot_training_log.write_chart", lambda *what: drawn.append(what)
    )
    assert main(["plot_training_log", str(number), "out.png", "run.log", "other.log"]) == 0
    [(_, [panel], x_title)] = drawn
    assert x_title == words[1]
    assert len(panel.curves) == 2
    assert words[0] in (panel.title, panel.curves[0].label.partition(": ")[2])


def test_svg_by_the_name_of_the_file(log):
    assert main(["plot_training_log", "out.svg", "run.log", "other.log", "-x", "seconds"]) == 0
    with open("out.svg") as file:
        assert "<svg" in file.read()


def test_a_curve_of_one_point_and_one_of_nan_are_drawn(tmp_path):
    curves = [chart.Curve("a", [1], [2.0]), chart.Curve("b", [1, 2], [float("nan"), 1e9])]
    chart.write_chart(tmp_path / "x.png", [chart.Panel("y", curves)], "x")
    assert (tmp_path / "x.png").stat().st_size > 1000


def test_noise_is_smoothed_by_the_mean_of_the_last_values():
    smoothed = chart._running_mean(chart.np.array([2.0, 4.0, 6.0, 8.0]), 2)
    assert smoothed.tolist() == [2, 3, 5, 7]


def test_without_matplotlib_the_extra_is_named(log, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["plot_training_log", "out.png", "run.log"]) == 1
    assert capsys.readouterr().err == (
        "caffe: error: drawing a chart needs matplotlib, which is not installed: "
        "pip install 'cortado[plot]'\n"
    )
    assert optional.load("json", "x", "y").dumps(1) == "1"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["8", "out.png", "run.log"], "CHART_TYPE: 8 must be 0 to 7"),
        (["out.png"], "give the picture to be written"),
        (["out.gif", "run.log"], "out.gif: pictures are written as .png, .svg or .pdf"),
        (["out.png", "gone"], "no such file: gone"),
        (["gone/out.png", "run.log"], "gone/out.png: cannot be written"),
    ],
)
def test_what_is_missing_or_wrong_is_named(log, capsys, words, message):
    assert main(["plot_training_log", *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")
