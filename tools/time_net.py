"""Time a model, layer by layer: caffe time -model net.prototxt [-iterations 50] [-phase TEST].

Prints the mean milliseconds of each layer forward and backward, and where the memory goes.
"""

import time
from argparse import Namespace

import numpy as np

from ..core import log
from ..nets import Net
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import Phase
from .device import choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("model", "", "the net definition, a prototxt file")
    parser.add_flag("phase", "TRAIN", "the phase of the net", choices=("TRAIN", "TEST"))
    parser.add_flag("iterations", 50, "how many times to run it")
    parser.add_flag("gpu", "", "the GPU to run on; none: the CPU")
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
    )
    try:
        log.info("caffe.cpp:347", "Performing Forward")
        log.info("caffe.cpp:352", f"Initial loss: {net.forward():g}")
        log.info("caffe.cpp:353", "Performing Backward")
        net.backward()
        forward, backward, total = _measure(net, flags.iterations)
    finally:
        net.close()
    _report(net, forward, backward, total, flags.iterations)
    return 0


def _measure(net: Net, iterations: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Summed milliseconds of each layer forward and backward, and of everything together."""
    log.info("caffe.cpp:361", "*** Benchmark begins ***")
    log.info("caffe.cpp:362", f"Testing for {iterations} iterations.")
    layers = len(net.layers)
    forward, backward = np.zeros(layers), np.zeros(layers)
    begin = time.perf_counter()
    for iteration in range(1, iterations + 1):
        start = time.perf_counter()
        for i in range(layers):
            forward[i] += _milliseconds(net.forward, i, i)
        for i in reversed(range(layers)):
            backward[i] += _milliseconds(net.backward, i, i)
        spent = 1e3 * (time.perf_counter() - start)
        log.info("caffe.cpp:390", f"Iteration: {iteration} forward-backward time: {spent:g} ms.")
    return forward, backward, 1e3 * (time.perf_counter() - begin)


def _milliseconds(run, start: int, end: int) -> float:
    begin = time.perf_counter()
    run(start, end)
    return 1e3 * (time.perf_counter() - begin)


def _report(
    net: Net, forward: np.ndarray, backward: np.ndarray, total: float, iterations: int
) -> None:
    forward, backward = forward / iterations, backward / iterations
    log.info("caffe.cpp:393", "Average time per layer: ")
    for name, up, down in zip(net.layer_names, forward, backward, strict=True):
        log.info("caffe.cpp:396", f"{name:>10}\tforward: {up:g} ms.")
        log.info("caffe.cpp:399", f"{name:>10}\tbackward: {down:g} ms.")
    log.info("caffe.cpp:404", f"Average Forward pass: {forward.sum():g} ms.")
    log.info("caffe.cpp:406", f"Average Backward pass: {backward.sum():g} ms.")
    log.info("caffe.cpp:408", f"Average Forward-Backward: {total / iterations:g} ms.")
    log.info("caffe.cpp:410", f"Total Time: {total:g} ms.")
    for line in _memory(net):
        log.info("caffe.cpp:411", line)
    log.info("caffe.cpp:412", "*** Benchmark ends ***")


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


def _megabytes(count: float) -> str:
    return f"{count / 2**20:.4g} MiB"
