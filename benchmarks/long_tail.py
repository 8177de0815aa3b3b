"""Time a training net by layer type: kernels in NumPy, and compiled ones where there are any.

python benchmarks/long_tail.py models/resnet50/train_val.prototxt [batch, 2 if not said]

Data layers are replaced by random pictures. Both nets take turns, layer by layer, so that a busy
machine slows both; the least of several turns is shown, which others disturb the least.
"""

import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from cortado.kernels import choice
from cortado.nets import Net
from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TRAIN, LayerParameter, NetParameter

LIBRARIES = ("numpy", "numba")
TURNS = 5
PICTURES = {  # (C, H, W) by folder
    "lenet": (1, 28, 28),
    "cifar10_quick": (3, 32, 32),
    "alexnet": (3, 227, 227),
    "squeezenet_v1.1": (3, 227, 227),
}


def main() -> None:
    """Print a table."""
    path = sys.argv[1]
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    picture = PICTURES.get(Path(path).parent.name, (3, 224, 224))
    param = with_random_data(read_net(path), (batch, *picture))
    nets = []
    for library in LIBRARIES:
        with choice.only(library):
            nets.append(Net(param, TRAIN, seed=1))
            nets[-1].forward()
            nets[-1].backward()
    report(nets[0], least_milliseconds(nets))


def with_random_data(net: NetParameter, shape: tuple[int, ...]) -> NetParameter:
    """The training net, fed by a DummyData layer."""
    layers = [layer for layer in net.layer if is_for_training(layer)]
    del net.layer[:]
    for layer in layers:
        if layer.type.endswith("Data"):
            layer = LayerParameter(name=layer.name, type="DummyData", top=layer.top)
            fields = layer.dummy_data_param
            fields.shape.add(dim=shape)
            fields.shape.add(dim=shape[:1])
            fields.data_filler.add(type="gaussian")
            fields.data_filler.add(type="constant", value=3)
        net.layer.append(layer)
    return net


def is_for_training(layer: LayerParameter) -> bool:
    """Whether the layer's include rules let it into phase TRAIN."""
    phases = [rule.phase for rule in layer.include if rule.HasField("phase")]
    return not phases or TRAIN in phases


def least_milliseconds(nets: list[Net]) -> np.ndarray:
    """(nets, layers, 2) milliseconds of each layer forward and backward."""
    least = np.full((len(nets), len(nets[0].layers), 2), np.inf)
    layers = range(len(nets[0].layers))
    for turn in range(TURNS):
        pairs = list(zip(nets, least, strict=True))[:: (-1) ** turn]
        for direction, order in enumerate((layers, reversed(layers))):
            for i in order:
                for net, times in pairs:
                    run = (net.forward, net.backward)[direction]
                    run(i, i)  # what it reads is in the cache, as when one net runs alone
                    start = time.perf_counter()
                    run(i, i)
                    spent = 1e3 * (time.perf_counter() - start)
                    times[i, direction] = min(times[i, direction], spent)
    return least


def report(net: Net, least: np.ndarray) -> None:
    """Print what each layer type takes, the largest share first."""
    by_type: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(least), 2)))
    for i, layer in enumerate(net.layers):
        by_type[layer.param.type] += least[:, i]
    total = least[0].sum()
    print(f"{'':18} share of NumPy's {total:7.1f} ms   forward: numpy, numba   backward: the same")
    for name, ((f0, b0), (f1, b1)) in sorted(by_type.items(), key=lambda item: -item[1][0].sum()):
        share = 100 * (f0 + b0) / total
        print(
            f"{name:18} {share:5.1f} %   {f0:8.2f} {f1:8.2f} {f0 / f1:5.1f} x"
            f"   {b0:8.2f} {b1:8.2f} {b0 / b1:5.1f} x"
        )


if __name__ == "__main__":
    main()
