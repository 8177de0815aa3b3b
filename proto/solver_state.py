"""Solver states (.solverstate, .solverstate.h5): where a training run stands."""

import os
from dataclasses import dataclass, field

import numpy as np

from . import caffe_pb2
from .atomic_file import write_file
from .blob import decode_blob, encode_blob
from .errors import ConfigError
from .input_file import is_hdf5, read_file
from .wire import LENGTH, VARINT, WireError, fields, header, read_varint, signed, split_before

_MESSAGE = caffe_pb2.SolverState
_HISTORY = _MESSAGE.HISTORY_FIELD_NUMBER
_INTEGERS = {
    _MESSAGE.ITER_FIELD_NUMBER: "iteration",
    _MESSAGE.CURRENT_STEP_FIELD_NUMBER: "current_step",
}


@dataclass
class SolverState:
    """What training needs besides the weights to go on.

    history holds the arrays of the update rule in the order of the learned weights; rules with two
    per weight (AdaDelta, Adam) hold all first ones, then all second ones. current_step counts the
    stepvalues that multistep has passed.
    """

    iteration: int = 0
    learned_net: str = ""  # path of the weights file
    history: list[np.ndarray] = field(default_factory=list)
    current_step: int = 0


def read_solver_state(path: str | os.PathLike) -> SolverState:
    """The state in a file, binary or HDF5; ConfigError if it is missing, damaged or no state."""
    data = read_file(path)
    if not is_hdf5(data):
        return decode_solver_state(data, str(path))
    from .solver_state_hdf5 import read_solver_state_hdf5  # h5py takes time to load

    return read_solver_state_hdf5(path)


def decode_solver_state(data: bytes, source: str) -> SolverState:
    """The state in a serialized SolverState; its arrays look into data. Raises ConfigError."""
    state = SolverState(iteration=-1)
    try:
        for part in fields(data, 0, len(data)):
            if part.number in _INTEGERS and part.kind == VARINT:
                value = signed(read_varint(data, part.start, part.end)[0])
                setattr(state, _INTEGERS[part.number], value)
            elif part.number == _MESSAGE.LEARNED_NET_FIELD_NUMBER and part.kind == LENGTH:
                state.learned_net = data[part.start : part.end].decode("utf-8", "replace")
            elif part.number == _HISTORY and part.kind == LENGTH:
                state.history.append(decode_blob(data, part.start, part.end)[0])
    except WireError as problem:
        raise ConfigError(
            f"{source}: at byte {problem.position}: {problem.problem}: "
            "the file is truncated, damaged or no solver state"
        ) from None
    if state.iteration < 0:
        raise ConfigError(
            f"{source}: names no iteration: it is no solver state (weights are another file)"
        )
    return state


def write_solver_state(path: str | os.PathLike, state: SolverState) -> None:
    """Write a binary state, as Caffe does; ConfigError if that fails, and an older file stays."""
    message = _MESSAGE(
        iter=state.iteration, learned_net=state.learned_net, current_step=state.current_step
    )
    before, after = split_before(message.SerializeToString(), _HISTORY)
    pieces: list = [before]
    for array in state.history:
        blob = encode_blob(array)
        pieces += [header(_HISTORY, sum(len(piece) for piece in blob)), *blob]
    write_file(path, [*pieces, after])
