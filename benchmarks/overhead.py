"""Measure what Python adds to each layer: a net of many poolings of a single number.

python benchmarks/overhead.py [layers]

Whole forward and backward passes of Net, divided by the number of layers, beside the bare calls
of the library that they make. Microseconds, medians of turns that alternate.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a single number is no work for more

from cortado.kernels.onednn.library import library  # noqa: E402
from cortado.nets import Net  # noqa: E402
from cortado.proto import parse_net  # noqa: E402
from cortado.proto.caffe_pb2 import TRAIN  # noqa: E402

TURNS = 51
FIRST = """
layer { name: "b0" type: "Input" top: "b0" input_param { shape { dim: [1, 1, 1, 1] } } }
"""
LAYER = """
layer {{ name: "p{0}" type: "Pooling" bottom: "b{0}" top: "b{1}"
        pooling_param {{ pool: AVE kernel_size: 1 }} }}
"""
LAST = """
layer {{ name: "loss" type: "Reduction" bottom: "b{0}" top: "loss" loss_weight: 1 }}
"""


def chain(layers: int) -> Net:
    """A net of so many poolings, one after the other, whose loss is the last number."""
    poolings = "".join(LAYER.format(i, i + 1) for i in range(layers))
    net = parse_net(FIRST + poolings + LAST.format(layers))
    net.force_backward = True
    return Net(net, TRAIN, seed=1)


def bare(calls: list) -> Callable[[], None]:
    """The library's own function, called with the arguments of these calls."""
    execute = library().function("primitive_execute")
    arguments = [call._call for call in calls if hasattr(call, "_call")]

    def run() -> None:
        for argument in arguments:
            execute(*argument)

    return run


def main() -> None:
    """Print one line for each pass."""
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    net = chain(layers)
    net.forward()
    net.backward()
    bound = net.plan.bound
    contestants = {
        "forward": net.forward,
        "forward, bare": bare([call for calls, _ in bound.forward() for call in calls]),
        "backward": net.backward,
        "backward, bare": bare(bound.backward(adds=True)),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(TURNS):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(1e6 * (time.perf_counter() - start) / layers)
    for name, spent in times.items():
        print(f"{name:>16} {median(spent):6.2f} microseconds a layer")


if __name__ == "__main__":
    main()
