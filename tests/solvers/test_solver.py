import re

import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError
from cortado.solvers import Solver

TEST = "test_iter: 2 test_interval: 4 "


@pytest.fixture
def lines(capsys):
    """lines() -> what was logged since the last call, without the prefix of each line."""
    handler = log.to_stderr(0)
    yield lambda: [
        line.partition("] ")[2] for line in capsys.readouterr().err.splitlines() if "] " in line
    ]
    log.silence(handler)


def test_step_counts_iterations_and_moves_the_weights(make_solver):
    solver = make_solver()
    before = solver.net.weights.data.copy()
    solver.step(3)
    assert solver.iteration == 3
    assert (solver.net.weights.data != before).any()


def test_the_same_seed_gives_the_same_run_bit_for_bit(make_solver):
    runs = []
    for _ in range(2):
        solver = make_solver("momentum: 0.9")
        solver.step(4)
        runs.append(solver.net.weights.data.copy())
    np.testing.assert_array_equal(*runs)


def test_iter_size_averages_over_several_batches(make_solver, database):
    """Gradients of two batches of 5 are those of one batch of 10, up to rounding."""
    text = database.parent / "net.prototxt"
    text.write_text(
        text.read_text().replace("mirror: true crop_size: 6", "").replace("Dropout", "Power")
    )
    solver = make_solver("iter_size: 2")
    solver.step(1)
    text.write_text(text.read_text().replace("batch_size: 5", "batch_size: 10"))
    other = make_solver()
    other.step(1)
    np.testing.assert_allclose(
        solver.net.weights.data, other.net.weights.data, rtol=1e-4, atol=1e-6
    )


def test_solve_logs_what_caffe_logs(make_solver, lines):
    solver = make_solver(TEST + "display: 2 average_loss: 3")
    lines()
    solver.solve()
    numbers = [re.sub(r"-?\d+(\.\d+)?(e-?\d+)?", "N", line) for line in lines()]
    shown = [
        "Iteration N (N iter/s, Ns/N iters), loss = N",
        "    Train net output #N: loss = N (* N = N loss)",
        "Iteration N, lr = N",
    ]
    tested = [
        "Iteration N, Testing net (#N)",
        "    Test net output #N: accuracy = N",
        "    Test net output #N: loss = N (* N = N loss)",
    ]
    prefix = re.sub(r"-?\d+(\.\d+)?", "N", solver.param.snapshot_prefix)
    expected = [
        "Solving little",
        "Learning Rate Policy: fixed",
        *tested,
        *shown,
        *shown,
        *tested,
        *shown,
        *shown,
        f"Snapshotting to binary proto file {prefix}_iter_N.caffemodel",
        f"Snapshotting solver state to binary proto file {prefix}_iter_N.solverstate",
        "Iteration N, loss = N",
        *tested,
        "Optimization Done.",
    ]
    assert [line for line in numbers if "prefetching" not in line] == expected


def test_test_initialization_can_be_switched_off(make_solver, lines):
    solver = make_solver(TEST + "test_initialization: false")
    lines()
    solver.step(5)
    assert [line for line in lines() if "Testing" in line] == ["Iteration 4, Testing net (#0)"]


def test_test_compute_loss_shows_the_loss(make_solver, lines):
    solver = make_solver(TEST + "test_compute_loss: true")
    lines()
    solver.test_all()
    assert any(re.match(r"Test loss: \d", line) for line in lines())


def test_debug_info_comes_with_the_display(make_solver, lines):
    solver = make_solver("display: 2 debug_info: true")
    lines()
    solver.step(3)
    count = sum("[Backward] All net params" in line for line in lines())
    assert count == 2  # iterations 0 and 2


def test_several_test_nets_each_have_their_iterations(make_solver, lines):
    solver = make_solver("test_iter: 1 test_iter: 3 test_interval: 1")
    lines()
    solver.test_all()
    tested = [line for line in lines() if "Testing" in line]
    assert tested == ["Iteration 0, Testing net (#0)", "Iteration 0, Testing net (#1)"]


def test_a_request_to_stop_is_heard_after_the_iteration(make_solver, lines):
    asked = iter([None, "stop", None])
    solver = make_solver("snapshot_after_train: true", request=lambda: next(asked))
    solver.solve()
    assert solver.iteration == 2
    assert lines()[-1] == "Optimization stopped early."
    assert (solver.net.seed, solver.iteration) == (1, 2)


def test_a_request_during_a_test_stops_it(make_solver, lines):
    solver = make_solver(TEST, request=lambda: "stop")
    solver.step(1)
    assert solver.iteration == 0
    assert lines()[-1] == "Test interrupted."


def test_a_request_to_save_is_heard_during_a_test_as_well(make_solver, tmp_path):
    make_solver(TEST, request=lambda: "snapshot").test_all()
    assert (tmp_path / "it_iter_0.solverstate").is_file()


def test_solve_can_resume(make_solver, lines):
    solver = make_solver()
    solver.step(3)
    state = solver.snapshot()
    solver.step(5)
    resumed = make_solver()
    resumed.solve(state)
    assert f"Restoring previous solver status from {state}" in lines()
    np.testing.assert_array_equal(resumed.net.weights.data, solver.net.weights.data)


def test_nets_may_be_part_of_the_solver(tmp_path, database):
    net = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 } } }'
    file = tmp_path / "whole.prototxt"
    file.write_text(
        f'net_param {{ {net} }} test_net_param {{ name: "first" {net} }} test_iter: 1 test_iter: 1 '
        'test_interval: 1 base_lr: 1 lr_policy: "fixed" snapshot_after_train: false'
    )
    solver = Solver.from_file(file)
    assert [test.name for test in solver.test_nets] == ["first", ""]
    solver.close()


def test_a_loss_that_is_no_number_is_reported_once_with_its_origin(make_solver, lines):
    solver = make_solver()
    solver.net.params["ip"][0].data[0, 0] = np.nan
    lines()
    solver.step(3)
    (line,) = [line for line in lines() if "is not finite" in line]
    assert line.startswith("Iteration 0: the loss is nan. First blob that is not finite: weight 0")
    assert "layer 'ip'" in line


def test_a_weight_that_is_no_number_is_reported_where_a_relu_hides_it(make_solver, lines):
    solver = make_solver("display: 1")
    solver.net.params["conv"][0].data[0, 0, 0, 0] = np.nan
    lines()
    solver.step(3)
    (line,) = [line for line in lines() if "is not finite" in line]
    assert "First blob that is not finite: weight 0 of layer 'conv'" in line


def test_callbacks_run_around_the_gradients(make_solver):
    seen = []
    solver = make_solver(on_iteration=lambda *values: seen.append(values))
    solver.step_parts.on_start.append(lambda: seen.append("start"))
    solver.step_parts.on_gradients_ready.append(
        lambda: seen.append(bool(solver.net.weights.diff.any()))
    )
    solver.step(1)
    assert seen[:2] == ["start", True]
    iteration, loss, rate = seen[2]
    assert (iteration, rate) == (1, pytest.approx(0.05))
    assert loss > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('net_param { name: "x" }', "exactly one of net, net_param.*found net and net_param"),
        (
            "test_iter: 1 test_net_param { } test_net_param { }",
            "test_iter has 1 values for 2 test nets; give one for each",
        ),
        ("test_iter: 3", "test_iter is given, but no test_interval"),
        ('test_net: "a.prototxt" test_interval: 1', "no such file: a.prototxt"),
        (TEST + "test_state { level: 1 } test_state { }", "test_state has 2 values for 1 test"),
        ('lr_policy: "hmm"', "lr_policy"),
        ("weight_decay: nan", "weight_decay is nan; it must be finite"),
        ("momentum: -inf", "momentum is -inf; it must be finite"),
        ('type: "Sgd"', "unknown type 'Sgd'; did you mean 'SGD'"),
    ],
)
def test_a_solver_that_cannot_run_is_named(make_solver, text, message):
    with pytest.raises(ConfigError, match=message):
        make_solver(text)


def test_an_empty_prefix_saves_to_the_working_directory(make_solver, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert make_solver('snapshot_prefix: ""').snapshot() == "_iter_0.solverstate"
    assert (tmp_path / "_iter_0.solverstate").is_file()


def test_a_prefix_that_cannot_be_written_is_named_before_training(make_solver, tmp_path):
    with pytest.raises(ConfigError, match="snapshot_prefix: cannot write to .*nowhere.*mkdir -p"):
        make_solver(f'snapshot: 2 snapshot_prefix: "{tmp_path}/nowhere/it"')
