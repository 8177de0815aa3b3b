"""`import caffe`: the face of pycaffe, so that existing scripts run unmodified."""

from cortado.core import Blob as _Blob  # noqa: F401 - what net.blobs holds
from cortado.core import log as _log

from .mode import set_device, set_mode_cpu, set_mode_gpu, set_random_seed
from .net import Net
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

__version__ = "1.0.0"  # of the interface: Caffe's own last one

__all__ = [
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Layer",
    "NesterovSolver",
    "Net",
    "RMSPropSolver",
    "SGDSolver",
    "get_solver",
    "layer_type_list",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
]

_log.to_stderr()


def __getattr__(name: str):
    """Layer loads with the first Python layer: a layer's module may import this one."""
    if name == "Layer":
        from cortado.layers.python import PythonLayer

        return PythonLayer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def layer_type_list() -> list[str]:
    """Every known layer type, sorted."""
    from cortado.layers import layer_types

    return layer_types()
