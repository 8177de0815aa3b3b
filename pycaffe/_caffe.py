"""caffe._caffe: where Caffe has its C++ classes, and some scripts look for them."""

from cortado.core import Blob
from cortado.layers.families.python_layer import BlobVec, PythonLayer

from .mode import set_device, set_mode_cpu, set_mode_gpu, set_random_seed
from .nccl import NCCL
from .net import Net
from .timer import Timer

Layer = PythonLayer

__all__ = [
    "NCCL",
    "Blob",
    "BlobVec",
    "Layer",
    "Net",
    "Timer",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
]
