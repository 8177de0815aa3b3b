"""Measure what `import caffe` adds to forward(): LeNet, 64 images, beside cortado's own Net.

python benchmarks/face.py [turns]

Microseconds, medians of turns that alternate, and how much longer caffe.Net takes.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import caffe
from cortado.nets import Net
from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TEST

LENET = Path(__file__).parents[1] / "models/lenet/deploy.prototxt"
BATCH = 64


def main() -> None:
    """Print one line for each net."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 501
    face, own = caffe.Net(str(LENET), TEST), Net(read_net(LENET), TEST)
    contestants: dict[str, Callable[[], object]] = {"caffe": face.forward, "cortado": own.forward}
    for net in (face, own):
        net.blobs["data"].reshape(BATCH, *net.blobs["data"].shape[1:])
        net.forward()
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(1e6 * (time.perf_counter() - start))
    for name, spent in times.items():
        print(f"{name:>8} {median(spent):8.1f} microseconds")
    print(f"{median(times['caffe']) / median(times['cortado']) - 1:+.1%}")


if __name__ == "__main__":
    caffe.init_log(2)
    main()
