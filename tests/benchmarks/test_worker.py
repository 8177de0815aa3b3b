"""Workers, asked and answering. Those of peers need libraries that are not in this environment."""

import os
import sys
from dataclasses import replace

import numpy as np
import pytest
from contest.agreement import differences
from contest.contestants import results_of
from contest.rounds import take_turns
from contest.worker import Worker, WorkerError, results
from nets.job import write_job
from nets.zoo import SUBJECTS

SCRIPT = "cortado_worker.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A job: LeNet, a few pictures."""
    subject = replace(SUBJECTS["lenet"], batch=2)
    return write_job(tmp_path_factory.mktemp("job") / "lenet", subject, training=True).folder


def test_a_worker_runs_and_tells_its_memory(folder):
    with Worker(sys.executable, SCRIPT, 1, folder=str(folder), training=True) as worker:
        assert worker.run(1) > 0
        assert worker.memory() > 0


def test_a_worker_that_fails_says_why(tmp_path):
    with pytest.raises(WorkerError, match="net.prototxt"):
        Worker(sys.executable, SCRIPT, 1, folder=str(tmp_path), training=True)


def test_a_worker_goes_from_job_to_job(folder, tmp_path):
    told = {"folder": str(folder), "training": True}
    with Worker(sys.executable, SCRIPT, 1, waits=True) as worker:
        worker.load(**told, check=str(tmp_path / "results.npz"))
        assert (tmp_path / "results.npz").exists()
        worker.load(**told, update=True)
        assert worker.run(1) > 0
        worker.leave()
        with pytest.raises(WorkerError, match="there is no job"):
            worker.run(1)


def test_a_worker_that_takes_too_long_is_ended(folder):
    with Worker(sys.executable, SCRIPT, 1, waits=True) as worker:
        worker.limit = 0.01
        with pytest.raises(WorkerError, match=r"no answer in 0\.01 seconds"):
            worker.load(folder=str(folder), training=True)


def test_results_hold_gradients(folder, tmp_path):
    path = tmp_path / "results.npz"
    results(sys.executable, SCRIPT, 1, path, folder=str(folder), training=True)
    with np.load(path) as arrays:
        assert arrays["ip2"].shape == (4, 10)
        assert np.any(arrays["gradient conv1:0"])


@pytest.mark.skipif(not os.environ.get("CORTADO_PEERS"), reason="CORTADO_PEERS names no Python")
def test_torch_computes_what_we_do(folder):
    ours = results_of("cortado", 1, folder, True)
    for name in ("torch", "channels-last"):
        assert max(differences(ours, results_of(name, 1, folder, True))) < 1e-4


class Clock:
    """Takes as long as it says."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.counts = []

    def run(self, count):
        self.counts.append(count)
        return self.seconds.pop(0)

    def memory(self):
        return 0


def test_short_runs_are_repeated_and_medians_taken(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    short, long = Clock(0.1, 1.0, 3.0, 2.0), Clock(1.0, 5.0, 4.0, 6.0)
    assert take_turns({"short": short, "long": long}, 3) == {"short": 2.0, "long": 5.0}
    assert short.counts == [1, 3, 3, 3]
    assert long.counts == [1, 1, 1, 1]


class Broken(Clock):
    """Fails in its second turn."""

    def run(self, count):
        if len(self.counts) == 2:
            raise WorkerError("broken")
        return super().run(count)


def test_who_fails_takes_no_more_turns(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    lost = {}
    runners = {"whole": Clock(*[1.0] * 4), "broken": Broken(*[1.0] * 4)}
    assert take_turns(runners, 3, lost=lost.__setitem__) == {"whole": 1.0}
    assert str(lost["broken"]) == "broken"
    with pytest.raises(WorkerError, match="broken"):
        take_turns({"broken": Broken(*[1.0] * 4)}, 3)
