"""A job with data: a folder with a solver, and the same for torch.

solver.prototxt    the solver, its net inside, the paths of its data absolute
schedule.json      "batch", "rates" of each iteration, "momentum", "decay", "test_interval",
                   "scale" of a pixel, "multipliers" of each weight's rate and decay
description.json   the net: see description.py
weights.npz        "layer:index", as the prototxt's fillers make them
data.npz           "train_images", "train_labels", "test_images", "test_labels", "mean"
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cortado import Net
from cortado.proto import format_text, read_mean, read_solver
from cortado.proto.caffe_pb2 import TEST, TRAIN, LayerParameter, NetParameter, SolverParameter
from cortado.solvers.learning_rate import learning_rate

from .databases import make_missing, read_lmdb
from .description import describe
from .fed import training_net
from .zoo import Subject


def write_schedule(folder: Path, subject: Subject, data: Path, tests: bool) -> SolverParameter:
    """Write the job of a net in models/ that reads databases below `data`; the solver it has."""
    solver = _solver(subject, data, tests, folder)
    folder.mkdir(parents=True)
    (folder / "solver.prototxt").write_text(format_text(solver))
    fed = training_net(solver.net_param, subject.batch, subject.picture)
    (folder / "description.json").write_text(json.dumps(describe(fed)))
    (folder / "schedule.json").write_text(json.dumps(_schedule(solver, subject.batch)))
    net = Net(fed, TRAIN, seed=1)
    weights = {f"{n}:{i}": b.data for n, blobs in net.params.items() for i, b in enumerate(blobs)}
    np.savez(folder / "weights.npz", **weights)
    np.savez(folder / "data.npz", **_arrays(solver.net_param))
    return solver


def _solver(subject: Subject, data: Path, tests: bool, folder: Path) -> SolverParameter:
    solver = read_solver(subject.folder / "solver.prototxt")
    second = subject.folder / "solver_lr1.prototxt"
    if second.exists():  # a second stage at a tenth of the rate
        solver.lr_policy, solver.gamma = "multistep", 0.1
        solver.stepvalue.append(solver.max_iter)
        solver.max_iter = read_solver(second).max_iter
    solver.ClearField("net")
    solver.net_param.CopyFrom(subject.training)
    for layer in _data_layers(solver.net_param):
        layer.data_param.source = str(_below(data, layer.data_param.source))
        make_missing(Path(layer.data_param.source))
        if layer.transform_param.mean_file:
            mean = _below(data, layer.transform_param.mean_file)
            layer.transform_param.mean_file = str(mean)
    solver.snapshot, solver.snapshot_prefix = 0, str(folder / "snapshot")
    if not tests:
        for field in ("test_iter", "test_interval"):
            solver.ClearField(field)
    return solver


def _below(data: Path, path: str) -> Path:
    """Where data/NAME/FILE of a prototxt lies."""
    return (data / Path(path).relative_to("data")).resolve()


def _data_layers(net: NetParameter) -> list[LayerParameter]:
    return [layer for layer in net.layer if layer.type == "Data"]


def _schedule(solver: SolverParameter, batch: int) -> dict[str, Any]:
    layers = [layer for layer in solver.net_param.layer if layer.param]
    return {
        "batch": batch,
        "rates": [learning_rate(solver, i) for i in range(solver.max_iter)],
        "momentum": solver.momentum,
        "decay": solver.weight_decay,
        "test_interval": solver.test_interval,
        "scale": _data_layers(solver.net_param)[0].transform_param.scale,
        "multipliers": {
            f"{layer.name}:{i}": [spec.lr_mult, spec.decay_mult]
            for layer in layers
            for i, spec in enumerate(layer.param)
        },
    }


def _arrays(net: NetParameter) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {"mean": np.zeros(1, np.float32)}
    for layer in _data_layers(net):
        part = {TRAIN: "train", TEST: "test"}[layer.include[0].phase]
        images, labels = read_lmdb(Path(layer.data_param.source))
        found |= {f"{part}_images": images, f"{part}_labels": labels}
        if layer.transform_param.mean_file:
            found["mean"] = read_mean(layer.transform_param.mean_file).reshape(images.shape[1:])
    return found
