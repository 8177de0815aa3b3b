"""Caffe's files: the schema, prototxt text, upgrades of old nets, weights, states and means."""

# ruff: noqa: F401  (the imports below are for type checkers)

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .atomic_file import write_file
    from .blob import array_to_blob, blob_to_array
    from .caffemodel import LayerWeights, write_caffemodel
    from .caffemodel_hdf5 import write_caffemodel_hdf5
    from .errors import ConfigError, ConfigWarning
    from .format import format_float, format_text
    from .mean import read_mean, write_mean
    from .prototxt import parse_net, parse_solver, read_net, read_solver
    from .solver_state import SolverState, read_solver_state, write_solver_state
    from .solver_state_hdf5 import write_solver_state_hdf5
    from .text import parse_text
    from .weights import read_weights

_PUBLIC = {
    "ConfigError": "errors",
    "ConfigWarning": "errors",
    "LayerWeights": "caffemodel",
    "SolverState": "solver_state",
    "array_to_blob": "blob",
    "blob_to_array": "blob",
    "format_float": "format",
    "format_text": "format",
    "parse_net": "prototxt",
    "parse_solver": "prototxt",
    "parse_text": "text",
    "read_mean": "mean",
    "read_net": "prototxt",
    "read_solver": "prototxt",
    "read_solver_state": "solver_state",
    "read_weights": "weights",
    "write_caffemodel": "caffemodel",
    "write_caffemodel_hdf5": "caffemodel_hdf5",
    "write_file": "atomic_file",
    "write_mean": "mean",
    "write_solver_state": "solver_state",
    "write_solver_state_hdf5": "solver_state_hdf5",
}

__all__ = list(_PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str):
    """Import a public name on first use: errors alone load neither protobuf nor numpy."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
