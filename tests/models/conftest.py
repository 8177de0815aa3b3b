"""A walk through a prototxt: weight shapes and multiply-adds, nothing allocated."""

from dataclasses import dataclass, field
from math import ceil, prod
from pathlib import Path

import pytest

from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TEST, TRAIN, PoolingParameter

MODELS = Path(__file__).parents[2] / "models"


@dataclass
class Walk:
    """What a net in one phase holds: blob shapes, weight shapes by layer, work per picture."""

    blobs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    weights: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    learned: int = 0
    multiply_adds: int = 0


def layers_of(net, phase):
    for layer in net.layer:
        if not layer.include or any(rule.phase == phase for rule in layer.include):
            yield layer


def window(size, param, rounding=int):
    kernel, stride, pad = (
        values if isinstance(values, int) else (values[0] if values else default)
        for values, default in ((param.kernel_size, 1), (param.stride, 1), (param.pad, 0))
    )
    out = rounding((size + 2 * pad - kernel) / stride) + 1
    if rounding is ceil and pad and (out - 1) * stride >= size + pad:
        out -= 1  # the last window must start inside the picture
    return out


def convolution(walk, layer, x):
    param = layer.convolution_param
    weights = [(param.num_output, x[0] // param.group, param.kernel_size[0], param.kernel_size[0])]
    if param.bias_term:
        weights.append((param.num_output,))
    y = (param.num_output, *(window(size, param) for size in x[1:]))
    walk.multiply_adds += prod(weights[0]) * prod(y[1:])
    return weights, y


def inner_product(walk, layer, x):
    weights = [(layer.inner_product_param.num_output, prod(x))]
    walk.multiply_adds += prod(weights[0])
    return [*weights, weights[0][:1]], weights[0][:1]


def pooling(_, layer, x):
    param = layer.pooling_param
    assert param.round_mode == PoolingParameter.CEIL
    if param.global_pooling:
        return [], (x[0], 1, 1)
    return [], (x[0], *(window(size, param, ceil) for size in x[1:]))


def concat(_, layer, *bottoms):
    assert len({x[1:] for x in bottoms}) == 1, layer.name
    return [], (sum(x[0] for x in bottoms), *bottoms[0][1:])


def eltwise(_, layer, *bottoms):
    assert len(set(bottoms)) == 1, layer.name
    return [], bottoms[0]


STEPS = {
    "Convolution": convolution,
    "InnerProduct": inner_product,
    "Pooling": pooling,
    "Concat": concat,
    "Eltwise": eltwise,
    "BatchNorm": lambda _, layer, x: ([x[:1], x[:1], (1,)], x),
    "Scale": lambda _, layer, x: ([x[:1]] * (1 + layer.scale_param.bias_term), x),
    "SoftmaxWithLoss": lambda _, layer, x, label: ([], ()),
    "Accuracy": lambda _, layer, x, label: ([], ()),
    **dict.fromkeys(("ReLU", "Dropout", "LRN", "Softmax"), lambda _, layer, x: ([], x)),
}


def walk_net(net, data_shape, phase=TEST):
    """Walk of `net` in `phase` for pictures of `data_shape` (C, H, W); shapes lack the batch."""
    walk = Walk()
    for layer in layers_of(net, phase):
        walk.layers.append(layer.name)
        if layer.type in ("Data", "Input"):
            walk.blobs.update(zip(layer.top, (data_shape, ()), strict=False))
            continue
        bottoms = [walk.blobs[name] for name in layer.bottom]
        weights, y = STEPS[layer.type](walk, layer, *bottoms)
        walk.blobs[layer.top[0]] = y
        if weights:
            walk.weights[layer.name] = weights
        if layer.type != "BatchNorm":  # its running sums are counted, not learned
            walk.learned += sum(map(prod, weights))
    return walk


@pytest.fixture
def walk_deploy():
    """walk_deploy(model) -> Walk of its deploy.prototxt."""

    def walk(model):
        net = read_net(MODELS / model / "deploy.prototxt")
        return walk_net(net, tuple(net.layer[0].input_param.shape[0].dim[1:]))

    return walk


@pytest.fixture
def walk_training():
    """walk_training(model, phase) -> Walk of the net that the model's solver trains."""

    def walk(model, phase=TRAIN):
        folder = MODELS / model
        shape = tuple(read_net(folder / "deploy.prototxt").layer[0].input_param.shape[0].dim[1:])
        (path,) = folder.glob("train_*.prototxt")
        return walk_net(read_net(path), shape, phase)

    return walk
