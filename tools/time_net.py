"""Time a model, layer by layer: caffe time -model net.prototxt [-iterations 50] [-phase TEST].

Prints the mean milliseconds of each layer forward and backward, which kernels they ran, at how
many GFLOP/s and what share of the matrix product's, and where the memory goes; -memory for more.
"""

import time
from argparse import Namespace

import numpy as np

from ..core import log
from ..nets import Net
from ..nets.timing import StepTime, time_steps
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import Phase
from .device import add_precision_flag, choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("model", "", "the net definition, a prototxt file")
    parser.add_flag("phase", "TRAIN", "the phase of the net", choices=("TRAIN", "TEST"))
    parser.add_flag("iterations", 50, "how many times to run it")
    parser.add_flag("memory", False, "list the blobs by size, and what sharing memory saves")
    parser.add_flag("gpu", "", "the GPU to run on; none: the CPU")
    add_precision_flag(parser)
    parser.add_flag("level", 0, "the level of the net")
    parser.add_flag("stage", "", "stages of the net, separated by commas")


def run(flags: Namespace) -> int:
    """Print times to the log."""
    if not flags.model:
        raise ConfigError("-model: a model definition is needed to time")
    if flags.iterations < 1:
        raise ConfigError(f"-iterations: must be at least 1, got {flags.iterations}")
    device = choose_device(flags.gpu, "caffe.cpp:338")
    net = Net(
        read_net(flags.model),
        Phase.Value(flags.phase),
        level=flags.level,
        stages=tuple(flags.stage.split(",")),
        device=device,
        keep=(),
        precision=flags.precision,
    )
    try:
        log.info("caffe.cpp:347", "Performing Forward")
        log.info("caffe.cpp:352", f"Initial loss: {net.forward():g}")
        log.info("caffe.cpp:353", "Performing Backward")
        if flags.phase == "TRAIN":
            net.backward()
        log.info("caffe.cpp:361", "*** Benchmark begins ***")
        log.info("caffe.cpp:362", f"Testing for {flags.iterations} iterations.")
        begin = time.perf_counter()
        times = time_steps(net, flags.iterations, _show_iteration)
        total = 1e3 * (time.perf_counter() - begin)
    finally:
        net.close()
    _report_layers(times, total, flags.iterations)
    _report_kernels(times, flags.iterations, on_gpu=bool(flags.gpu))
    for line in _memory(net) + (_blobs(net) if flags.memory else []):
        log.info("caffe.cpp:411", line)
    log.info("caffe.cpp:412", "*** Benchmark ends ***")
    return 0


def _show_iteration(number: int, seconds: float) -> None:
    log.info("caffe.cpp:390", f"Iteration: {number} forward-backward time: {1e3 * seconds:g} ms.")


def _report_layers(times: list[StepTime], total: float, iterations: int) -> None:
    """Caffe's lines. Layers that run as one have their time in the first of them."""
    log.info("caffe.cpp:393", "Average time per layer: ")
    sums = {"forward": 0.0, "backward": 0.0}
    for step in times:
        for i, name in enumerate(step.layers):
            for line, way in ((396, "forward"), (399, "backward")):
                mean = 1e3 * getattr(step, way) / iterations if i == 0 else 0.0
                sums[way] += mean
                log.info(f"caffe.cpp:{line}", f"{name:>10}\t{way}: {mean:g} ms.")
    log.info("caffe.cpp:404", f"Average Forward pass: {sums['forward']:g} ms.")
    log.info("caffe.cpp:406", f"Average Backward pass: {sums['backward']:g} ms.")
    log.info("caffe.cpp:408", f"Average Forward-Backward: {total / iterations:g} ms.")
    log.info("caffe.cpp:410", f"Total Time: {total:g} ms.")


def _report_kernels(times: list[StepTime], iterations: int, on_gpu: bool) -> None:
    """What ran, and how fast where multiplications tell."""
    peak = 0.0 if on_gpu else _matrix_product_speed()
    if on_gpu:
        _report_hosted(times)
    else:
        log.info("caffe.cpp:411", f"A product of matrices runs at {peak / 1e9:.0f} GFLOP/s.")
    for step in times:
        for way in ("forward", "backward"):
            kernels, spent = getattr(step, f"{way}_kernels"), getattr(step, way) / iterations
            if not kernels:
                continue
            speed = 2.0 * getattr(step, f"{way}_multiply_adds") / max(spent, 1e-9)
            rate = f" {speed / 1e9:.0f} GFLOP/s" if speed else ""
            rate += f", {speed / peak:.0%} of it" if speed and peak else ""
            names = "+".join(step.layers)
            log.info("caffe.cpp:411", f"{names} {way}:{rate} [{'; '.join(kernels)}]")


def _report_hosted(times: list[StepTime]) -> None:
    """Which layers of a net on a GPU have no kernel there."""
    hosted = [name for step in times if step.runs_on_host for name in step.layers]
    names = ", ".join(hosted) or "none"
    log.info("caffe.cpp:411", f"Layers that run on the host, with copies each way: {names}.")


def _matrix_product_speed() -> float:
    """Operations per second of NumPy's float32 product, at its best."""
    side = 1024
    a = np.ones((side, side), "float32")
    product, least = np.empty_like(a), float("inf")
    for _ in range(9):
        begin = time.perf_counter()
        np.matmul(a, a, out=product)
        least = min(least, time.perf_counter() - begin)
    return 2.0 * side**3 / least


def _memory(net: Net) -> list[str]:
    """Bytes of the blobs and weights, and the most that the process ever held."""
    blobs = net.blobs.values()
    data = sum(blob.nbytes for blob in blobs)
    diffs = sum(blob.nbytes for blob in blobs if blob.has_diff)
    weights = net.weights.data.nbytes
    lines = [
        f"Memory of blobs: {_megabytes(data)} data, {_megabytes(diffs)} diffs.",
        f"Memory of weights: {_megabytes(weights)} data, {_megabytes(weights)} diffs.",
    ]
    try:
        import resource
    except ImportError:  # Windows
        return lines
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return [*lines, f"Peak memory of the process: {_megabytes(peak)}."]


def _blobs(net: Net) -> list[str]:
    """What blobs that share memory have together, and the largest blobs."""
    sharing = net.plan.sharing
    lines = []
    if sharing.blobs:
        lines.append(
            f"Shared: {_megabytes(sharing.blobs)} of data and diffs lie in "
            f"{_megabytes(sharing.arena)}, {sharing.arena / sharing.blobs:.0%} of it."
        )
    largest = sorted(net.blobs.items(), key=lambda item: -item[1].nbytes)
    return lines + [
        f"{name:>10}\t{_megabytes(blob.nbytes)} {tuple(blob.shape)}" for name, blob in largest[:20]
    ]


def _megabytes(count: float) -> str:
    return f"{count / 2**20:.4g} MiB"
