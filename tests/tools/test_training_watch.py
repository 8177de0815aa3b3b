import re
import sys
from pathlib import Path

import cv2
import pytest

from cortado.proto import ConfigError, read_solver
from cortado.solvers import Solver
from cortado.tools import live_plot, training_watch
from cortado.tools.training_log import Row, TrainingLog


@pytest.fixture
def solver(pictures):
    solver = Solver(read_solver("solver.prototxt"))
    yield solver
    solver.close()


class Listener:
    def __init__(self):
        self.rows = []

    def train(self, row):
        self.rows.append((None, row))

    def test(self, number, row):
        self.rows.append((number, row))


def test_rows_are_those_of_the_log(solver):
    listener = Listener()
    rows = training_watch._Rows(solver, [listener])
    solver.on_iteration, solver.on_test = rows.on_iteration, rows.on_test
    solver.solve()
    told = [(number, row.iteration) for number, row in listener.rows]
    # Displayed every 2 iterations of 4, tested before the first, the third and at the end.
    assert told == [(0, 0), (None, 0), (0, 2), (None, 2), (0, 4)]
    assert set(listener.rows[0][1].outputs) == {"accuracy", "loss"}
    assert set(listener.rows[1][1].outputs) == {"loss"}
    assert all(row.rate == pytest.approx(0.01) for _, row in listener.rows)


def test_each_test_net_is_told_apart(pictures):
    param = read_solver("solver.prototxt")
    param.test_iter.append(1)
    param.test_state.add()
    param.test_state.add()
    solver = Solver(param)
    numbers = []
    solver.on_test = lambda number, scores: numbers.append(number)
    solver.test_all()
    solver.close()
    assert numbers == [0, 1]


def test_a_loss_that_is_averaged_is_shown_as_well(pictures):
    param = read_solver("solver.prototxt")
    param.average_loss = 10
    solver = Solver(param)
    listener = Listener()
    rows = training_watch._Rows(solver, [listener])
    rows.on_iteration(1, 2.5, 0.01)
    rows.on_iteration(2, 2.5, 0.01)
    solver.close()
    [(_, row)] = listener.rows
    assert (row.iteration, row.outputs["smoothed loss"]) == (0, 2.5)


def test_blobs_of_several_numbers_are_numbered(solver):
    scores = [("accuracy", 0.5), ("per_class", 1.0), ("per_class", 0.0)]
    assert training_watch._named(solver.net, scores) == {
        "accuracy": 0.5,
        "per_class[0]": 1.0,
        "per_class[1]": 0.0,
    }
    many = [("scores", float(i)) for i in range(1000)]
    assert training_watch._named(solver.net, [*many, ("loss", 2.0)]) == {"loss": 2.0}


def test_a_picture_is_drawn_while_training(pictures, caffe):
    status, _ = caffe("train", "-solver", "solver.prototxt", "-plot", "run.png")
    assert status == 0
    picture = cv2.imread("run.png")
    # Three panels below each other: losses, accuracy and rate.
    assert picture.shape[0] > 0.9 * picture.shape[1]


def test_drawing_pauses_longer_the_longer_it_takes(solver, monkeypatch):
    clock, drawn = [0.0], []

    def draw(*_):
        drawn.append(clock[0])
        clock[0] += 1.0

    monkeypatch.setattr(live_plot.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(live_plot, "write_chart", draw)
    plot = live_plot.LivePlot("x.png", solver)
    for second in range(40):
        clock[0] = max(clock[0], float(second))
        plot.train(Row(second, second, 0.1, {"loss": 1.0}))
    assert drawn == [0, 21]
    plot.close()
    assert len(drawn) == 3


def test_a_picture_that_cannot_be_written_does_not_stop_the_run(pictures, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt", "-plot", "gone/run.png")
    assert status == 0
    assert any(
        line.endswith("-plot: gone/run.png: cannot be written: No such file or directory")
        for line in lines
    )
    assert Path("it_iter_4.caffemodel").exists()


def test_tensorboard_reads_what_was_written(pictures, caffe):
    pytest.importorskip("tensorboardX")
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard"
    )
    status, lines = caffe("train", "-solver", "solver.prototxt", "-tensorboard", "events")
    assert status == 0
    events = reader.EventAccumulator("events", size_guidance={"histograms": 0})
    events.Reload()
    tags = events.Tags()
    assert set(tags["scalars"]) == {
        "train/loss",
        "test/loss",
        "test/accuracy",
        "learning_rate",
    }
    accuracies = [float(v) for line in lines for v in re.findall(r"accuracy = ([\d.e-]+)", line)]
    written = events.Scalars("test/accuracy")
    assert [event.step for event in written] == [0, 2, 4]
    assert [event.value for event in written] == pytest.approx(accuracies, rel=1e-4)
    assert [event.value for event in events.Scalars("learning_rate")] == pytest.approx([0.01] * 2)
    assert set(tags["histograms"]) == {"ip/0", "ip/1"}
    assert [event.step for event in events.Histograms("ip/0")] == [0, 2, 4]
    assert events.Histograms("ip/0")[0].histogram_value.num == 12 * 1440
    nodes = {node.name: (node.op, list(node.input)) for node in events.Graph().node}
    assert nodes["ip"] == ("InnerProduct", ["data"])
    assert nodes["loss"] == ("SoftmaxWithLoss", ["ip", "data"])


def test_watching_changes_nothing(pictures, caffe):
    for words in ([], ["-plot", "run.png", "-tensorboard", "events"]):
        assert caffe("train", "-solver", "solver.prototxt", *words)[0] == 0
        Path("it_iter_4.caffemodel").rename(f"{len(words)}.caffemodel")
    assert Path("0.caffemodel").read_bytes() == Path("4.caffemodel").read_bytes()


@pytest.mark.parametrize(
    ("words", "module", "extra"),
    [
        (("run.png", ""), "matplotlib.figure", "cortado[plot]"),
        (("", "events"), "tensorboardX", "cortado[tensorboard]"),
    ],
)
def test_what_is_not_installed_is_named_before_training(monkeypatch, words, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=re.escape(extra)):
        training_watch.check(*words)


def test_a_run_without_rows_is_not_drawn(solver, tmp_path):
    plot = live_plot.LivePlot("none.png", solver)
    assert plot._log == TrainingLog(losses={"smoothed loss", "loss"})
    plot.close()
    assert not Path("none.png").exists()


def test_the_name_of_the_picture_is_checked_first(pictures, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt", "-plot", "run.gif")
    assert status == 1
    assert lines == [
        "caffe: error: run.gif: pictures are written as .png, .svg or .pdf, by the file's name"
    ]
