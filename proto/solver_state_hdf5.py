"""Solver states in HDF5 (.solverstate.h5): iter, learned_net, current_step and /history/<i>."""

import os

import h5py

from .errors import ConfigError
from .hdf5 import load_array, reading, save_array, save_int, save_string, write_hdf5
from .solver_state import SolverState


def read_solver_state_hdf5(path: str | os.PathLike) -> SolverState:
    """The state in an HDF5 file; ConfigError if it is damaged or no state."""
    with reading(path) as file:
        history = file.get("history")
        if "iter" not in file or not isinstance(history, h5py.Group):
            raise ConfigError(f"{path}: has no iter or no history: it is no solver state")
        return SolverState(
            iteration=_integer(file, "iter"),
            learned_net=_string(file, "learned_net"),
            history=[load_array(history[str(index)]) for index in range(len(history))],
            current_step=_integer(file, "current_step"),
        )


def write_solver_state_hdf5(path: str | os.PathLike, state: SolverState) -> None:
    """Write an HDF5 state, as Caffe does; ConfigError if that fails, and an older file stays."""

    def fill(file: h5py.File) -> None:
        save_int(file, "iter", state.iteration)
        save_string(file, "learned_net", state.learned_net)
        save_int(file, "current_step", state.current_step)
        history = file.create_group("history")
        for index, array in enumerate(state.history):
            save_array(history, str(index), array)

    write_hdf5(path, fill)


def _integer(file: h5py.File, name: str) -> int:
    return int(load_array(file[name]).reshape(-1)[0]) if name in file else 0


def _string(file: h5py.File, name: str) -> str:
    value = file[name][()] if name in file else b""  # pyright: ignore
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
