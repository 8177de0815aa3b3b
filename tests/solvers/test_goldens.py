"""Training against what real Caffe did: losses, weights, and the files it left."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

from cortado.core.device import opening
from cortado.nets import load_weights
from cortado.proto import caffe_pb2, read_solver
from cortado.solvers import Solver

GOLDENS = Path(__file__).parents[1] / "goldens/solvers"
CASES = sorted(path.name for path in GOLDENS.iterdir())


@pytest.fixture(params=CASES)
def case(request, tmp_path, monkeypatch):
    """A copy of one recorded run, as the working directory."""
    folder = tmp_path / "case"
    shutil.copytree(GOLDENS / request.param, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(params=["cpu", "gpu"])
def make_solver(request):
    if request.param == "gpu" and why_no_gpu():
        pytest.skip(str(why_no_gpu()))
    made = []

    def make(**changes):
        param = read_solver("solver.prototxt")
        for field, value in changes.items():
            setattr(param, field, value)
        made.append(Solver(param, request.param))
        return made[-1]

    with opening(open_test_gpu):
        yield make
    for solver in made:
        solver.close()


def check_weights(solver, record, iteration, tolerance=2e-4):
    weights = [weight for layer in solver.net.layers for weight in layer.weights]
    for k, weight in enumerate(weights):
        want = record[f"w{iteration}:{k}"]
        error = np.abs(weight.data.reshape(want.shape) - want).max()
        assert error <= tolerance * max(np.abs(want).max(), 1e-2), f"weight {k} at {iteration}"


def test_twelve_iterations(case, make_solver, read_archive):
    record = read_archive("record.npz")
    solver = make_solver()
    load_weights(solver.net, "init.caffemodel")
    for iteration in range(1, 13):
        solver.step(1)
        loss = float(solver.net.blobs["loss"].data)
        assert loss == pytest.approx(record["loss"][iteration - 1], rel=2e-4)
        if f"w{iteration}:0" in record:
            check_weights(solver, record, iteration)


def test_the_rest_from_the_snapshot_of_real_caffe(case, make_solver, read_archive):
    """Data starts over, and 24 rows in batches of 8 fit only some values of iter_size."""
    solver = make_solver()
    if 6 * solver.param.iter_size % 3:
        pytest.skip("iteration 6 does not begin a round of the data")
    (state,) = case.glob("snap_iter_6.solverstate*")
    solver.restore(state)
    solver.step(6)
    check_weights(solver, read_archive("record.npz"), 12)


def test_our_snapshot_has_the_fields_of_real_caffes(case, make_solver):
    """The same messages, or the same datasets, but for the values of the weights."""
    solver = make_solver(snapshot_prefix="ours")
    load_weights(solver.net, "init.caffemodel")
    solver.step(6)
    solver.snapshot()
    for theirs in case.glob("snap_iter_6.*"):
        ours = case / theirs.name.replace("snap", "ours")
        if theirs.suffix == ".h5":
            assert datasets(ours) == datasets(theirs)
        else:
            kind = "SolverState" if "solverstate" in theirs.name else "NetParameter"
            assert bare(ours, kind) == bare(theirs, kind)


def bare(path, kind):
    """The message in a file, its numbers counted instead of shown."""
    message = getattr(caffe_pb2, kind).FromString(path.read_bytes())
    blobs = [blob for layer in getattr(message, "layer", []) for blob in layer.blobs]
    blobs += getattr(message, "history", [])
    for blob in blobs:
        count = len(blob.data)
        blob.ClearField("data")
        blob.data.append(count)
    if kind == "SolverState":
        message.learned_net = message.learned_net.replace("ours", "snap")
    return message


def datasets(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: (item.shape, item.dtype)})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
        if "learned_net" in found:
            found["learned_net"] = file["learned_net"][()].replace(b"ours", b"snap")
    return found
