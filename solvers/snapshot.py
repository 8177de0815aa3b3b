"""Snapshots: all that a run needs to go on as if it had never stopped.

prefix_iter_N.caffemodel[.h5]     the weights, as Caffe writes them
prefix_iter_N.solverstate[.h5]    iteration and histories, as Caffe writes them
prefix_iter_N.resume.json         what Caffe forgets: place in the data, random states, losses

Each is written under a temporary name and renamed when whole. Real Caffe ignores the third file;
without it a run resumes as Caffe's does, with its data from the start.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..core import log
from ..nets import Net, save_weights
from ..proto import (
    ConfigError,
    SolverState,
    read_solver_state,
    write_file,
    write_solver_state,
    write_solver_state_hdf5,
)
from ..proto.caffe_pb2 import SolverParameter
from .updater import Updater

_RESUME_VERSION = 1
_RESUME_TYPES = {"train": dict, "test": list, "start": int, "losses": list, "smoothed_loss": float}


def check_prefix(param: Any) -> None:
    """Raise ConfigError unless snapshots can be written; asked before hours are spent."""
    if not param.snapshot and not param.snapshot_after_train:
        return
    prefix = param.snapshot_prefix
    probe = Path(f"{prefix}_iter_0.tempfile")
    try:
        with probe.open("wb"):
            pass
        probe.unlink()
    except OSError as problem:
        raise ConfigError(
            f"solver: snapshot_prefix: cannot write to '{prefix}': {problem.strerror}; "
            f"its folder must exist and be writable: mkdir -p '{probe.parent}'"
        ) from None


def write_snapshot(
    param: Any, net: Net, updater: Updater, iteration: int, current_step: int, resume: Any
) -> Path:
    """Write the three files of an iteration; returns the path of the solver state."""
    hdf5 = param.snapshot_format == SolverParameter.HDF5
    kind, suffix = ("HDF5", ".h5") if hdf5 else ("binary proto", "")
    stem = f"{param.snapshot_prefix}_iter_{iteration}"
    model, state = f"{stem}.caffemodel{suffix}", f"{stem}.solverstate{suffix}"
    log.info("solver.cpp:464", f"Snapshotting to {kind} file {model}")
    save_weights(net, model, hdf5=hdf5, diffs=param.snapshot_diff)
    log.info("sgd_solver.cpp:284", f"Snapshotting solver state to {kind} file {state}")
    # Written before the state: whoever finds a state finds its place in the data as well.
    resume = {"version": _RESUME_VERSION, "iteration": iteration, **resume}
    write_file(resume_path(state), [json.dumps(resume).encode()])
    history = [
        array[w.offset : w.offset + w.blob.count].reshape(w.blob.shape)
        for array in updater.history
        for w in net.weights.learnable
    ]
    write = write_solver_state_hdf5 if hdf5 else write_solver_state
    write(state, SolverState(iteration, model, history, current_step))
    return Path(state)


def read_snapshot(path: str | Path, net: Net, updater: Updater) -> tuple[SolverState, Any]:
    """Restore the histories from a solver state; returns it and what its side file holds.

    The side file's content is None if there is none. Raises ConfigError, before anything is
    changed, for a state that another solver or another net wrote.
    """
    if ".caffemodel" in Path(path).name:
        raise ConfigError(
            f"-snapshot: '{path}' holds weights; give the .solverstate of the same iteration "
            "to resume a run, or pass the file to -weights to start one from it"
        )
    state = read_solver_state(path)
    learnable = net.weights.learnable
    expected = updater.rule.history_count * len(learnable)
    if len(state.history) != expected:
        raise ConfigError(
            f"{path}: has {len(state.history)} history blobs, but solver type "
            f"{updater.rule.type!r} has {expected} for this net: it was written by a solver of "
            "another type, or for another net"
        )
    pairs = list(zip(state.history, learnable * updater.rule.history_count, strict=True))
    for saved, weight in pairs:
        if saved.size != weight.blob.count:
            raise ConfigError(
                f"{path}: a history blob has shape {saved.shape}, but weight {weight.index} of "
                f"layer {weight.owner!r} has {weight.blob.shape}: the state is of another net"
            )
    log.info("sgd_solver.cpp:318", "SGDSolver: restoring history")
    for i, (saved, weight) in enumerate(pairs):
        flat = updater.history[i // len(learnable)]
        flat[weight.offset : weight.offset + weight.blob.count] = np.ravel(saved)
    return state, _read_resume(path, state.iteration)


def learned_net(path: str | Path, state: SolverState) -> Path:
    """The weights file of a solver state: where it says, or beside the state itself."""
    named = Path(state.learned_net)
    beside = Path(path).parent / named.name
    for place in (named, beside):
        if place.is_file():
            return place
    raise ConfigError(f"{path}: its weights are neither at '{named}' nor beside it")


def resume_path(state: str | Path) -> Path:
    """The side file of a solver state."""
    name = str(state).removesuffix(".h5").removesuffix(".solverstate")
    return Path(name + ".resume.json")


def _read_resume(state: str | Path, iteration: int) -> Any:
    path = resume_path(state)
    if not path.is_file():
        log.warning(
            "solver.cpp:520",
            f"No {path}: as in Caffe, data starts from its beginning and random numbers anew",
        )
        return None
    try:
        resume = json.loads(path.read_bytes())
        if not isinstance(resume, dict) or resume["version"] != _RESUME_VERSION:
            raise ValueError("it is of another version")
        if resume["iteration"] != iteration:
            raise ValueError(f"it is of iteration {resume['iteration']}, not {iteration}")
        for key, kind in _RESUME_TYPES.items():
            if not isinstance(resume[key], kind):
                raise ValueError(f"{key} is {resume[key]!r}")
    except (ValueError, KeyError) as problem:
        cause = f"it has no {problem}" if isinstance(problem, KeyError) else problem
        raise ConfigError(
            f"{path}: does not belong to this solver state: {cause}; "
            "without the file the run resumes as Caffe's does, with its data from the start"
        ) from None
    return resume
