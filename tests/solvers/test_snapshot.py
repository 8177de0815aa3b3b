import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from cortado.proto import ConfigError, read_solver_state

FORMATS = ["", "snapshot_format: HDF5"]
TEST = "test_iter: 2 test_interval: 3 "


@pytest.mark.parametrize("form", FORMATS, ids=["binary", "hdf5"])
@pytest.mark.parametrize(
    "rule",
    [
        "momentum: 0.9",
        'type: "Adam" momentum: 0.9 average_loss: 3',
        "momentum: 0.9 iter_size: 2 " + TEST,
    ],
    ids=["SGD", "Adam", "iter_size"],
)
def test_a_resumed_run_equals_the_unbroken_one_bit_for_bit(make_solver, rule, form):
    """Crops, mirrors, dropout and the place in 17 records, whatever was read ahead."""
    unbroken = make_solver(f"{rule} {form}")
    unbroken.step(8)
    first = make_solver(f"{rule} {form}")
    first.step(4)
    state = first.snapshot()
    resumed = make_solver(f"{rule} {form}")
    resumed.restore(state)
    assert resumed.iteration == 4
    resumed.step(4)
    np.testing.assert_array_equal(resumed.net.weights.data, unbroken.net.weights.data)
    for ours, theirs in zip(
        resumed.step_parts.updater.history, unbroken.step_parts.updater.history, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert resumed.smoothed.value == unbroken.smoothed.value
    assert resumed.smoothed.losses == unbroken.smoothed.losses
    for ours, theirs in zip(resumed.test_nets, unbroken.test_nets, strict=True):
        np.testing.assert_array_equal(ours.blobs["data"].data, theirs.blobs["data"].data)


def test_the_state_of_an_unseeded_run_is_resumed_too(make_solver):
    unbroken = make_solver("momentum: 0.9", seed=-1)
    unbroken.step(2)
    state = unbroken.snapshot()
    unbroken.step(3)
    resumed = make_solver("momentum: 0.9", seed=-1)
    resumed.restore(state)
    resumed.step(3)
    np.testing.assert_array_equal(resumed.net.weights.data, unbroken.net.weights.data)


def test_snapshots_come_at_intervals_and_at_the_end(make_solver, tmp_path):
    make_solver("snapshot: 3").solve()
    states = sorted(path.name for path in tmp_path.glob("*.solverstate"))
    assert states == ["it_iter_3.solverstate", "it_iter_6.solverstate", "it_iter_8.solverstate"]
    assert sorted(path.name for path in tmp_path.glob("it_iter_3*")) == [
        "it_iter_3.caffemodel",
        "it_iter_3.resume.json",
        "it_iter_3.solverstate",
    ]


def test_snapshot_after_train_can_be_switched_off(make_solver, tmp_path):
    make_solver("snapshot_after_train: false").solve()
    assert not list(tmp_path.glob("*.solverstate"))


def test_the_state_holds_what_caffe_writes(make_solver, tmp_path):
    solver = make_solver('lr_policy: "multistep" stepvalue: 1 stepvalue: 2 type: "Adam"')
    solver.step(3)
    state = read_solver_state(solver.snapshot())
    assert state.iteration == 3
    assert state.current_step == 2
    assert state.learned_net == f"{tmp_path}/it_iter_3.caffemodel"
    shapes = [tuple(blob.shape) for blobs in solver.net.params.values() for blob in blobs]
    assert [array.shape for array in state.history] == shapes * 2


def test_without_the_side_file_data_starts_over_as_in_caffe(make_solver):
    solver = make_solver()
    solver.step(2)
    state = solver.snapshot()
    side = Path(state).with_suffix(".resume.json")
    assert json.loads(side.read_text())["iteration"] == 2
    side.unlink()
    resumed = make_solver()
    resumed.restore(state)
    assert resumed.iteration == 2
    np.testing.assert_array_equal(resumed.net.weights.data, solver.net.weights.data)


def test_weights_beside_the_state_are_found_when_both_have_moved(make_solver, tmp_path):
    solver = make_solver()
    solver.step(1)
    solver.snapshot()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in tmp_path.glob("it_iter_1*"):
        path.rename(moved / path.name)
    resumed = make_solver()
    resumed.restore(moved / "it_iter_1.solverstate")
    np.testing.assert_array_equal(resumed.net.weights.data, solver.net.weights.data)


def test_a_state_of_another_solver_is_refused(make_solver):
    solver = make_solver()
    state = solver.snapshot()
    adam = make_solver('type: "Adam"')
    with pytest.raises(ConfigError, match="has 4 history blobs, but solver type 'Adam' has 8"):
        adam.restore(state)
    assert adam.iteration == 0


def test_weights_are_no_state(make_solver, tmp_path):
    solver = make_solver()
    solver.snapshot()
    with pytest.raises(ConfigError, match="holds weights; give the .solverstate"):
        solver.restore(tmp_path / "it_iter_0.caffemodel")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iteration": 7}, "does not belong to this solver state: it is of iteration 7, not 1"),
        ({"version": 2}, "does not belong to this solver state: it is of another version"),
        ({"losses": 3}, "does not belong to this solver state: losses is 3"),
        ({"test": None}, "does not belong to this solver state: it has no 'test'"),
        ({"train": {"data": [4]}}, r"layer 'data' \(Data\): cannot resume from \[4\]"),
    ],
)
def test_a_side_file_that_cannot_be_followed_is_refused(make_solver, change, message):
    solver = make_solver()
    solver.step(1)
    state = solver.snapshot()
    side = Path(state).with_suffix(".resume.json")
    changed = json.loads(side.read_text()) | change
    side.write_text(json.dumps({k: value for k, value in changed.items() if value is not None}))
    with pytest.raises(ConfigError, match=message):
        make_solver().restore(state)


def test_missing_weights_of_a_state_are_named(make_solver, tmp_path):
    state = make_solver().snapshot()
    (tmp_path / "it_iter_0.caffemodel").unlink()
    with pytest.raises(
        ConfigError, match=r"solverstate: its weights are neither at '.*it_iter_0.c"
    ):
        make_solver().restore(state)


def test_a_full_disk_leaves_the_old_snapshot_whole(make_solver, tmp_path, monkeypatch):
    solver = make_solver()
    solver.snapshot()
    before = {path: path.read_bytes() for path in tmp_path.glob("it_iter_0*")}

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    solver.net.params["ip"][0].data[...] = 0
    with pytest.raises(ConfigError, match="it_iter_0.caffemodel: .*No space left on device"):
        solver.snapshot()
    assert {path: path.read_bytes() for path in tmp_path.glob("*it_iter_0*")} == before
