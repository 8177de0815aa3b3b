"""Show what this machine computes with: processor, NumPy's BLAS, GPUs, kernels."""

import os
import platform
from argparse import Namespace
from importlib.metadata import version
from typing import Any

import numpy as np

from ..core import log
from ..core.device import open_device
from ..kernels import numba
from ..kernels.choice import allowed
from ..kernels.onednn import why_missing
from ..kernels.onednn.library import library
from ..proto import ConfigError
from .flags import FlagParser

# Caffe's line, what it calls the property, and what CUDA does. Newer CUDAs lack some.
_PROPERTIES = (
    (179, "Major revision number", "major"),
    (180, "Minor revision number", "minor"),
    (181, "Name", "name"),
    (182, "Total global memory", "totalGlobalMem"),
    (183, "Total shared memory per block", "sharedMemPerBlock"),
    (184, "Total registers per block", "regsPerBlock"),
    (185, "Warp size", "warpSize"),
    (186, "Maximum memory pitch", "memPitch"),
    (187, "Maximum threads per block", "maxThreadsPerBlock"),
    (188, "Maximum dimension of block", "maxThreadsDim"),
    (191, "Maximum dimension of grid", "maxGridSize"),
    (194, "Clock rate", "clockRate"),
    (195, "Total constant memory", "totalConstMem"),
    (196, "Texture alignment", "textureAlignment"),
    (199, "Number of multiprocessors", "multiProcessorCount"),
)


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("gpu", "", "GPUs to show, separated by commas, or all; none there is an error")


def run(flags: Namespace) -> int:
    """Print what there is; ConfigError if a GPU was asked for that is not."""
    log.info("caffe.cpp:138", f"Querying GPUs {flags.gpu}")
    print(f"CPU      {_processor()}, {_usable_cores()} cores for this process")
    print(f"NumPy    {np.__version__}, BLAS {_blas()}")
    try:
        count = open_device("gpu").count
    except ConfigError as reason:
        if flags.gpu:
            raise
        print(f"GPU      none is usable: {reason}")
    else:
        print(f"GPU      {count} found")
        for device in _chosen(flags.gpu, count):
            _show_gpu(device)
    print(f"Kernels  {_kernels()}")
    return 0


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):  # not Linux, or an ARM
        return platform.processor() or platform.machine()


def _usable_cores() -> int:
    """Cores this process may run on, which a container may make fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _blas() -> str:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def _chosen(gpu: str, count: int) -> list[int]:
    if gpu in ("", "all"):
        return list(range(count))
    known = [str(device) for device in range(count)]
    for device in gpu.split(","):
        if device not in known:
            raise ConfigError(f"-gpu: {device!r} is none of {', '.join(known)} or all")
    return [int(device) for device in gpu.split(",")]


def _show_gpu(device: int) -> None:
    properties = open_device(f"gpu:{device}").properties
    log.info("common.cpp:178", f"{'Device id:':<31}{device}")
    for line, label, key in _PROPERTIES:
        if key in properties:
            log.info(f"common.cpp:{line}", f"{label + ':':<31}{_text(properties[key])}")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _kernels() -> str:
    """Which libraries the layers will use on each kind of device."""
    return f"{_cpu_kernels()} on the CPU; {_gpu_kernels()}"


def _cpu_kernels() -> str:
    found, missing = [], ""
    if allowed("onednn"):
        missing = why_missing() or ""
        found += [] if missing else [f"oneDNN {library().version}"]
    if numba.available():
        found.append(f"Numba {version('numba')}")
    return ", ".join([*found, "NumPy"]) + (f" ({missing})" if missing else "")


def _gpu_kernels() -> str:
    try:
        open_device("gpu")
    except ConfigError as reason:
        return str(reason)
    return "CUDA on GPUs"
