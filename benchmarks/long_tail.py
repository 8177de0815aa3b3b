"""Time what is not convolution: kernels in NumPy, and those that are used where there are others.

python benchmarks/long_tail.py                    single layers, of sizes that nets have
python benchmarks/long_tail.py models/resnet50/train_val.prototxt [batch, 2 if not said]
                                                  a training net, by layer type

Data layers are replaced by random pictures. Both contestants take turns, layer by layer, so that a
busy machine slows both; of a net, the least of several turns is shown, which others disturb the
least, and of single layers medians, and the median of the ratios within a turn.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from cortado.core import Blob
from cortado.kernels import choice
from cortado.layers import create_layer
from cortado.nets import Net
from cortado.proto import parse_text, read_net
from cortado.proto.caffe_pb2 import TRAIN, LayerParameter, NetParameter

LIBRARIES = ("numpy", "numba")
TURNS = 5
PICTURES = {  # (C, H, W) by folder
    "lenet": (1, 28, 28),
    "cifar10_quick": (3, 32, 32),
    "alexnet": (3, 227, 227),
    "squeezenet_v1.1": (3, 227, 227),
}


SINGLE_TURNS = 15
# name: prototxt, and the bottoms: shapes, filled with normal random numbers; a number of classes
# behind a shape makes labels of them
SINGLE = {
    "SoftmaxWithLoss, 1000 classes": ("SoftmaxWithLoss", "", [(256, 1000), ((256,), 1000)]),
    "SoftmaxWithLoss, segmentation": (
        "SoftmaxWithLoss",
        "loss_param { ignore_label: 255 }",
        [(1, 21, 500, 500), ((1, 500, 500), 21)],
    ),
    "Softmax, 1000 classes": ("Softmax", "", [(256, 1000)]),
    "Softmax, segmentation": ("Softmax", "", [(1, 21, 500, 500)]),
    "Accuracy, 1000 classes": ("Accuracy", "", [(256, 1000), ((256,), 1000)]),
    "Accuracy, segmentation": ("Accuracy", "", [(1, 21, 500, 500), ((1, 500, 500), 21)]),
    "LRN, cifar10_full norm1": (
        "LRN",
        "lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 alpha: 5e-5 }",
        [(100, 32, 16, 16)],
    ),
    "SPP, SPP-net": ("SPP", "spp_param { pyramid_height: 3 }", [(16, 256, 13, 13)]),
    "Crop, FCN-32s": ("Crop", "crop_param { offset: 19 }", [(1, 21, 568, 568), (1, 21, 500, 500)]),
    "Embed": (
        "Embed",
        "embed_param { input_dim: 10000 num_output: 512 }",
        [((32, 20), 10000)],
    ),
    "ContrastiveLoss": ("ContrastiveLoss", "", [(256, 128), (256, 128), ((256,), 2)]),
    "SigmoidCrossEntropyLoss": (
        "SigmoidCrossEntropyLoss",
        "",
        [(64, 1, 100, 100), ((64, 1, 100, 100), 2)],
    ),
    "Dropout, AlexNet fc6": ("Dropout", "", [(64, 4096)]),
    "Dropout, SqueezeNet": ("Dropout", "", [(16, 512, 13, 13)]),
}


def main() -> None:
    """Print a table."""
    if len(sys.argv) == 1:
        time_single_layers()
    else:
        time_net(sys.argv[1])


def time_single_layers() -> None:
    """Print milliseconds of NumPy, of what is used, and how many times longer NumPy takes."""
    for name, (layer_type, fields, bottoms) in SINGLE.items():
        contestants = [single_layer(layer_type, fields, bottoms, numpy) for numpy in (True, False)]
        print(f"{name:32}", end="")
        for passes in zip(*contestants, strict=True):
            times = np.array([[seconds(run) for run in passes] for _ in range(SINGLE_TURNS)])
            numpy, ours = 1e3 * np.median(times, axis=0)
            ratio = np.median(times[:, 0] / times[:, 1])
            print(f"   {numpy:8.2f} {ours:8.2f} {ratio:6.2f} x", end="")
        print()


def single_layer(layer_type: str, fields: str, bottoms: list, numpy: bool) -> list:
    """Forward and, if it has one, backward of a layer, with kernels of NumPy or of any library."""
    rng = np.random.default_rng(1)
    param = LayerParameter()
    parse_text(f'name: "it" type: "{layer_type}" phase: TRAIN {fields}', param)
    layer = create_layer(param)
    blobs = []
    for bottom in bottoms:
        shape, classes = bottom if isinstance(bottom[0], tuple) else (bottom, 0)
        blobs.append(Blob(shape))
        blobs[-1].data[...] = (
            rng.integers(classes, size=shape) if classes else rng.normal(size=shape)
        )
    top = [Blob()]
    with choice.only("numpy") if numpy else nullcontext():
        layer.prepare(blobs, top)
    layer.forward(blobs, top)
    top[0].diff[...] = 1
    passes = [lambda: layer.forward(blobs, top)]
    if any(layer.propagate_down) or layer.weights:
        passes.append(lambda: layer.backward(top, blobs))
    return passes


def seconds(run: Callable[[], None]) -> float:
    """How long it takes, after a run that does not count."""
    run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def time_net(path: str) -> None:
    """Print a table by layer type."""
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
