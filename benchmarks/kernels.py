"""Time the kernels of oneDNN against those of NumPy: layers of LeNet, CIFAR-10, AlexNet, GoogLeNet.

python benchmarks/kernels.py [name...]: only the layers whose name has one of these in it.
The contestants take turns in one run, so that a busy machine slows both; medians, and how many
times longer NumPy takes. Both use as many threads: OMP_NUM_THREADS, else one per processor.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

THREADS = os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count()))
os.environ["OPENBLAS_NUM_THREADS"] = THREADS  # before NumPy loads it

import numpy as np  # noqa: E402

from cortado.core import Window  # noqa: E402
from cortado.kernels import choice, cpu, onednn  # noqa: E402

TURNS = 9
REST = 0.01  # seconds in which the threads of the one before stop waiting busily for more


def square(kernel: int, stride: int = 1, pad: int = 0) -> Window:
    """A window with the same numbers along both axes."""
    return Window((kernel,) * 2, (stride,) * 2, (pad,) * 2, (1, 1))


# name: x_shape, num_output, window, group
CONVOLUTIONS = {
    "lenet conv1": ((64, 1, 28, 28), 20, square(5), 1),
    "lenet conv2": ((64, 20, 12, 12), 50, square(5), 1),
    "cifar10_quick conv1": ((100, 3, 32, 32), 32, square(5, pad=2), 1),
    "cifar10_quick conv2": ((100, 32, 16, 16), 32, square(5, pad=2), 1),
    "cifar10_quick conv3": ((100, 32, 8, 8), 64, square(5, pad=2), 1),
    "alexnet conv1": ((16, 3, 227, 227), 96, square(11, 4), 1),
    "alexnet conv2": ((16, 96, 27, 27), 256, square(5, pad=2), 2),
    "alexnet conv3": ((16, 256, 13, 13), 384, square(3, pad=1), 1),
    "alexnet conv4": ((16, 384, 13, 13), 384, square(3, pad=1), 2),
    "googlenet conv1/7x7_s2": ((16, 3, 224, 224), 64, square(7, 2, 3), 1),
    "googlenet conv2/3x3_reduce": ((16, 64, 56, 56), 64, square(1), 1),
    "googlenet conv2/3x3": ((16, 64, 56, 56), 192, square(3, pad=1), 1),
    "googlenet inception_3a/1x1": ((16, 192, 28, 28), 64, square(1), 1),
    "googlenet inception_3a/3x3": ((16, 96, 28, 28), 128, square(3, pad=1), 1),
    "googlenet inception_3a/5x5": ((16, 16, 28, 28), 32, square(5, pad=2), 1),
    "googlenet inception_5b/1x1": ((16, 832, 7, 7), 384, square(1), 1),
    "mobilenet depthwise": ((16, 64, 56, 56), 64, square(3, pad=1), 64),
}
DECONVOLUTIONS = {
    "fcn-8s upscore2": ((1, 21, 16, 16), 21, square(4, 2), 1),
    "fcn-32s upscore": ((1, 21, 16, 16), 21, square(64, 32), 1),
    "dcgan deconv2": ((16, 512, 4, 4), 256, square(4, 2, 1), 1),
    "bilinear upsampling": ((4, 64, 28, 28), 64, square(4, 2, 1), 64),
}
# name: x_shape, window
MAX_POOLINGS = {
    "lenet pool1": ((64, 20, 24, 24), square(2, 2)),
    "cifar10_quick pool1": ((100, 32, 32, 32), square(3, 2)),
    "alexnet pool1": ((16, 96, 55, 55), square(3, 2)),
    "googlenet pool1": ((16, 64, 112, 112), square(3, 2)),
    "googlenet inception_3a/pool": ((16, 192, 28, 28), square(3, 1, 1)),
}
AVERAGE_POOLINGS = {
    "cifar10_quick pool2": ((100, 32, 16, 16), square(3, 2)),
    "googlenet pool5": ((16, 1024, 7, 7), square(7)),
    "squeezenet pool10": ((16, 1000, 14, 14), square(14)),
    "padded, last window hangs over": ((16, 64, 56, 56), square(3, 2, 1)),
}
LRNS = {
    "alexnet norm1": (16, 96, 55, 55),
    "alexnet norm2": (16, 256, 27, 27),
    "googlenet norm1": (16, 64, 56, 56),
}


def main() -> None:
    """Print a table."""
    wanted = sys.argv[1:]
    print(f"{THREADS} threads; milliseconds; how many times longer NumPy takes")
    for name, passes in layers():
        if not wanted or any(part in name for part in wanted):
            print(name)
            for which, contestants in passes().items():
                numpy_time, onednn_time = take_turns(contestants)
                print(
                    f"  {which:17}{1e3 * numpy_time:9.2f} {1e3 * onednn_time:9.2f} "
                    f"{numpy_time / onednn_time:6.2f} x"
                )


Passes = dict[str, list[Callable[[], None]]]


def layers() -> Iterator[tuple[str, Callable[[], Passes]]]:
    """Name, and a function that prepares the passes with both libraries."""
    for name, layer in CONVOLUTIONS.items():
        yield f"{name}, convolution", lambda layer=layer: filtering("prepare_convolution", *layer)
    for name, layer in DECONVOLUTIONS.items():
        yield (
            f"{name}, deconvolution",
            lambda layer=layer: filtering("prepare_deconvolution", *layer),
        )
    for name, layer in MAX_POOLINGS.items():
        yield f"{name}, max pooling", lambda layer=layer: pooling("prepare_max_pooling", *layer)
    for name, layer in AVERAGE_POOLINGS.items():
        yield (
            f"{name}, average pooling",
            lambda layer=layer: pooling("prepare_average_pooling", *layer),
        )
    for name, shape in LRNS.items():
        yield f"{name}, LRN across channels", lambda shape=shape: lrn(shape)


def both(factory: str, *arguments: Any) -> list[Any]:
    """The kernels of NumPy and oneDNN."""
    with choice.only("numpy"):
        ours = getattr(cpu, factory)(*arguments)
    return [ours, getattr(onednn, factory)(*arguments)]


def normal(*shape: int):
    """Random numbers of float32."""
    return np.random.default_rng(1).standard_normal(shape, np.float32)


def filtering(factory: str, x_shape: Any, num_output: int, window: Window, group: int) -> Passes:
    """Training passes of a layer with filters."""
    size, transposed = x_shape[2:], factory == "prepare_deconvolution"
    out = window.transposed_size(size) if transposed else window.output_size(size)
    outer, inner = (x_shape[1], num_output) if transposed else (num_output, x_shape[1])
    x, y, bias = normal(*x_shape), normal(x_shape[0], num_output, *out), normal(num_output)
    filters = normal(outer, inner // group, *window.kernel)
    dx, dfilters, dy = np.empty_like(x), np.zeros_like(filters), normal(*y.shape)
    kernels = both(factory, x_shape, num_output, window, group, "float32")
    return {
        "forward": [lambda k=k: k.forward(x, filters, bias, y) for k in kernels],
        "backward data": [lambda k=k: k.backward_data(dy, filters, dx) for k in kernels],
        "backward filters": [lambda k=k: k.backward_filters(x, dy, dfilters) for k in kernels],
    }


def pooling(factory: str, x_shape: Any, window: Window) -> Passes:
    """Training passes of a pooling layer."""
    out = window.pooled_size(x_shape[2:], round_up=True)
    x, y = normal(*x_shape), normal(*x_shape[:2], *out)
    dx, dy = np.empty_like(x), normal(*y.shape)
    kernels = both(factory, x_shape, window, out, "float32", True)
    return {
        "forward": [lambda k=k: k.forward(x, y) for k in kernels],
        "backward": [lambda k=k: k.backward(dy, dx) for k in kernels],
    }


def lrn(shape: Any) -> Passes:
    """Training passes of LRN with AlexNet's constants."""
    x, y, dx, dy = normal(*shape), np.empty(shape, "f"), np.empty(shape, "f"), normal(*shape)
    kernels = both("prepare_lrn_across_channels", shape, 5, 1e-4, 0.75, 1.0, "float32")
    return {
        "forward": [lambda k=k: k.forward(x, y) for k in kernels],
        "backward": [lambda k=k: k.backward(x, y, dy, dx) for k in kernels],
    }


def take_turns(contestants: list[Callable[[], None]]) -> list[float]:
    """Median seconds of each; every turn has a warm-up."""
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(TURNS):
        for run, found in zip(contestants, times, strict=True):
            time.sleep(REST)
            run()
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
    return [median(found) for found in times]


if __name__ == "__main__":
    main()
