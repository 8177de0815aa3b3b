"""A contest on one device, tried on the processor."""

import os
import sys
import time
from dataclasses import replace

import pytest
from contest.budget import Budget
from contest.contestants import OURS
from contest.gpu_contest import Cell, GpuContest, reason_of
from contest.lasting import FAILURES
from contest.worker import WorkerError
from nets.job import write_job
from nets.zoo import SUBJECTS

THEIRS = "channels-last"
with_peers = pytest.mark.skipif(
    not os.environ.get("CORTADO_PEERS"), reason="CORTADO_PEERS names no Python"
)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """LeNet, two pictures."""
    folder = tmp_path_factory.mktemp("job") / "lenet"
    return write_job(folder, replace(SUBJECTS["lenet"], batch=2), training=True)


def contest_of(*names, budget=300):
    return GpuContest(list(names), "cpu", 1, Budget(budget))


def test_another_batch_uses_the_same_weights_and_check(job, tmp_path):
    larger = write_job(tmp_path / "larger", SUBJECTS["lenet"], True, 8, like=job)
    assert larger.flop == pytest.approx(4 * job.flop)
    assert larger.works[0] == job.works[0].times(4)
    assert (larger.folder / "weights.npz").samefile(job.folder / "weights.npz")
    with contest_of(OURS) as contest:
        cell = Cell("lenet:8", "float32")
        contest.time(cell, larger, rounds=1)
    assert cell.seconds[OURS] > 0


def test_what_fails_is_noted_and_the_rest_goes_on(job, monkeypatch):
    monkeypatch.setenv("CORTADO_PEERS", sys.executable)  # which has no torch
    with contest_of(OURS, THEIRS) as contest:
        assert "No module named 'torch'" in contest.check(job, "float32").problem
        cells = [Cell("lenet:2", precision) for precision in ("bfloat16", "float32")]
        for cell in cells:
            contest.time(cell, job, rounds=1)
        for _ in range(FAILURES):
            contest.time(last := Cell("lenet:2", "float32"), job, rounds=1)
    assert "needs a GPU" in cells[0].problems[OURS]
    assert "cortado_worker.py" in cells[0].logs[OURS]
    assert cells[1].seconds.keys() == cells[1].bytes_held.keys() == {OURS}
    assert "torch" in cells[1].problems[THEIRS]
    assert "is not tried again" in last.problems[THEIRS]


@with_peers
def test_contestants_are_compared_and_timed(job):
    with contest_of(OURS, THEIRS) as contest:
        check = contest.check(job, "float32")
        assert check.is_close, check
        assert max(check.ours) < 1e-4
        cell = Cell("lenet:2", "float32")
        contest.time(cell, job, rounds=2)
    assert cell.problems == {}
    assert cell.seconds.keys() == cell.bytes_held.keys() == {OURS, THEIRS}


@with_peers
def test_torch_rounds_where_it_is_asked_to(job):
    with contest_of(OURS, THEIRS) as contest:
        check = contest.check(job, "bfloat16")
    assert "needs a GPU" in check.problem
    assert not check.is_close
    assert 1e-4 < check.theirs[0] < 0.1


@with_peers
def test_the_limits_of_a_device_are_measured():
    with contest_of(THEIRS) as contest:
        found = contest.limits(["float32", "bfloat16"], copied=2**20, side=64, rounds=1)
    assert found.keys() == {"copy", "float32", "bfloat16"}
    assert min(found.values()) > 0


@with_peers
def test_what_is_not_compiled_in_time_is_given_up(job):
    with contest_of(OURS, THEIRS, "compile-last") as contest:
        contest.compile_ahead(job, "float32")
        assert contest.end_compiling(0.5) == ["there was no time"]
        cell = Cell("lenet:2", "float32")
        contest.time(cell, job, rounds=1)
    assert cell.seconds.keys() == {OURS, THEIRS}


def test_time_runs_out():
    budget = Budget(0.01)
    time.sleep(0.02)
    assert budget.left == 0
    assert budget.spent >= 0.02


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "Traceback\n  File x\nRuntimeError: CUDA error\nFor debugging",
            "RuntimeError: CUDA error",
        ),
        ("Killed\n", "Killed"),
        ("", "it ended without a word"),
        ("torch.OutOfMemoryError: none left\n", "torch.OutOfMemoryError: none left"),
    ],
)
def test_the_reason_is_the_line_that_says_most(said, reason):
    assert reason_of(WorkerError(said)) == reason
