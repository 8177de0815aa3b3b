"""`import caffe`: the face of pycaffe, so that existing scripts run unmodified."""

from importlib import import_module

from cortado.core import Blob as _Blob
from cortado.core import log as _log

from . import _caffe, pycaffe  # noqa: F401 - scripts reach for these by name
from .mode import (
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_multiprocess,
    set_random_seed,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from .nccl import NCCL, has_nccl
from .net import Net
from .net_spec import NetSpec, layers, params, to_proto
from .notebook import blob_html as _blob_html
from .proto.caffe_pb2 import TEST, TRAIN  # from here, so that caffe.proto.caffe_pb2 is there too
from .solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from .timer import Timer

__version__ = "1.0.0"  # of the interface: Caffe's own last one

__all__ = [
    "NCCL",
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Layer",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
    "get_solver",
    "has_nccl",
    "init_log",
    "layer_type_list",
    "layers",
    "log",
    "params",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_multiprocess",
    "set_random_seed",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
    "to_proto",
]

_log.to_stderr()
_Blob._repr_html_ = _blob_html  # notebooks look for it on the class


# Loaded on first use: they bring OpenCV, or are seldom wanted. None: the module itself.
_LAZY = {
    "Layer": ("cortado.layers.python", "PythonLayer"),  # whose users may import this module
    "Classifier": (".classifier", "Classifier"),
    "Detector": (".detector", "Detector"),
    "classifier": (".classifier", None),
    "coord_map": (".coord_map", None),
    "detector": (".detector", None),
    "draw": (".draw", None),
    "io": (".io", None),
}


def __getattr__(name: str):
    """Load what takes long, or may import this module, on first use."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    loaded = import_module(module, __name__)
    return getattr(loaded, attribute) if attribute else loaded


def layer_type_list() -> list[str]:
    """Every known layer type, sorted."""
    from cortado.layers import layer_types

    return layer_types()


def init_log(level: int | None = None, stderr: bool = True) -> None:
    """Log from this level up: 0 info, 1 warnings, 2 errors. It all goes to stderr."""
    _log.to_stderr(level)


def log(message: str) -> None:
    """Write a line to the log."""
    _log.info("_caffe.cpp:54", message)
