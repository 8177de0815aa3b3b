import re

import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError, parse_solver
from cortado.solvers import Solver

# Two detections in each batch, of an object of class 1 and of nothing of class 2.
NET = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "ip" top: "loss"
        include { phase: TRAIN } }
layer { name: "quiet" type: "Silence" bottom: "ip" include { phase: TEST } }
layer { name: "found" type: "Input" top: "found" include { phase: TEST }
        input_param { shape { dim: 1 dim: 1 dim: 2 dim: 7 } } }
layer { name: "label" type: "Input" top: "label" include { phase: TEST }
        input_param { shape { dim: 1 dim: 1 dim: 2 dim: 8 } } }
layer { name: "eval" type: "DetectionEvaluate" bottom: "found" bottom: "label"
        top: "detection_eval" include { phase: TEST }
        detection_evaluate_param { num_classes: 3 } }
"""


@pytest.fixture
def lines(capsys):
    """lines() -> what was logged since the last call, without the prefix of each line."""
    handler = log.to_stderr(0)
    yield lambda: [
        line.partition("] ")[2] for line in capsys.readouterr().err.splitlines() if "] " in line
    ]
    log.silence(handler)


@pytest.fixture
def make_solver(tmp_path):
    """make_solver(text, net) -> a Solver whose test net has found and labels to judge."""

    def make(text="", net=NET):
        (tmp_path / "net.prototxt").write_text(net)
        solver = Solver(
            parse_solver(
                f'net: "{tmp_path}/net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 4 '
                f'snapshot_prefix: "{tmp_path}/it" eval_type: "detection" test_iter: 2 '
                f"test_interval: 2 random_seed: 1 {text}"
            )
        )
        for test in solver.test_nets:
            test.blobs["found"].data[0, 0] = [
                [0, 1, 0.9, 0.1, 0.1, 0.5, 0.5],
                [0, 2, 0.8, 0.1, 0.1, 0.5, 0.5],
            ]
            test.blobs["label"].data[0, 0] = [
                [0, 1, 0, 0.1, 0.1, 0.5, 0.5, 0],
                [0, 2, 0, 0.6, 0.6, 0.9, 0.9, 0],
            ]
        return solver

    return make


def test_the_log_has_the_lines_of_ssds_caffe(make_solver, lines):
    solver = make_solver("show_per_class_result: true test_compute_loss: true")
    lines()
    solver.test_all()
    assert lines() == [
        "Iteration 0, Testing net (#0)",
        "Test loss: 0",
        "class1: 1",
        "class2: 0",
        "    Test net output #0: detection_eval = 0.5",
    ]


def test_a_run_tests_as_often_as_asked(make_solver, lines):
    solver, scores = make_solver("snapshot_after_train: false"), []
    solver.on_test = lambda number, found: scores.append((number, found))
    lines()
    solver.solve()
    assert scores == [(0, [("detection_eval", 0.5)])] * 3
    assert sum(bool(re.search("detection_eval = 0.5", line)) for line in lines()) == 3


def test_what_nobody_found_counts_as_0(make_solver):
    solver, scores = make_solver(), []
    solver.test_nets[0].blobs["found"].data[...] = -1
    solver.on_test = lambda number, found: scores.extend(found)
    solver.test_all()
    assert scores == [("detection_eval", 0)]


def test_difficult_matches_are_neither_right_nor_wrong(make_solver):
    text = NET.replace("num_classes: 3", "num_classes: 3 evaluate_difficult_gt: false")
    solver, scores = make_solver(net=text), []
    test = solver.test_nets[0]
    test.blobs["label"].data[0, 0, 1] = [0, 1, 0, 0.6, 0.6, 0.9, 0.9, 1]
    test.blobs["found"].data[0, 0, 1] = [0, 1, 0.95, 0.6, 0.6, 0.9, 0.9]
    solver.on_test = lambda number, found: scores.extend(found)
    solver.test_all()
    assert scores == [("detection_eval", 0.5)]  # of class 1 all, of class 2 there is nothing


@pytest.mark.parametrize("version", ["11point", "MaxIntegral", "Integral"])
def test_every_way_to_measure(make_solver, version):
    solver, scores = make_solver(f'ap_version: "{version}"'), []
    solver.on_test = lambda number, found: scores.extend(found)
    solver.test_all()
    assert scores == [("detection_eval", pytest.approx(0.5))]


def test_a_test_can_be_interrupted(make_solver, lines):
    solver = make_solver()
    solver._request = lambda: "stop"
    lines()
    solver.test_all()
    assert lines() == ["Iteration 0, Testing net (#0)", "Test interrupted."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ap_version: "best"', "ap_version: 'best' is none of 11point, MaxIntegral, Integral"),
        ('eval_type: "x"', "eval_type: 'x' is none of classification, detection"),
    ],
)
def test_unknown_measures_are_named(make_solver, text, message):
    text = f'net: "x" base_lr: 1 lr_policy: "fixed" {text}'
    with pytest.raises(ConfigError, match=f"solver: {message}"):
        Solver(parse_solver(text))


def test_other_outputs_are_named_before_anything_is_trained(make_solver):
    net = NET.replace('type: "Silence" bottom: "ip"', 'type: "ReLU" bottom: "ip" top: "left"')
    with pytest.raises(
        ConfigError, match=r"'left' is an output of shape \(2, 2\); .* to a Silence layer"
    ):
        make_solver(net=net)


def test_means_of_a_detectors_rows_are_refused(make_solver):
    solver = make_solver()
    solver.param.eval_type = "classification"
    test, counts = solver.test_nets[0], iter([0, 1])

    def forward(run=test.forward):
        test.blobs["found"].data[0, 0, : next(counts), 1] = -1
        return run()

    test.forward = forward
    with pytest.raises(ConfigError, match='batch 1 gave .* eval_type: "detection"'):
        solver.test_all()


def test_batches_are_counted_together(make_solver):
    """Twice the same batch: twice the objects, and twice what was found."""
    solver = make_solver()
    found = solver.test_nets[0]
    found.forward()
    rows = found.blobs["detection_eval"].data
    np.testing.assert_allclose(
        rows[0, 0],
        [[-1, 1, 1, -1, -1], [-1, 2, 1, -1, -1], [0, 1, 0.9, 1, 0], [0, 2, 0.8, 0, 1]],
    )
