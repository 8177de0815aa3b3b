"""Splits: a blob that several layers read gets one copy for each, so that gradients add up.

Names are Caffe's: `<blob>_<layer>_<i>_split` for the layer, `..._split_<k>` for its tops, where
the layer made the blob as its top i.

Source: insert_splits.cpp of Caffe.
"""

from collections import Counter, defaultdict
from typing import Any

from ..proto.caffe_pb2 import LayerParameter, NetParameter

# A blob's producer: index of the layer, index among its tops. In place makes a new version.
Version = tuple[int, int]


def insert_splits(net: Any) -> NetParameter:
    """The NetParameter with a Split layer after every top that more than one layer reads.

    A top with a loss_weight counts as read once more: the loss reads it too. Bottoms that
    nobody makes are left as they are; the graph names them.
    """
    reads = _reads(net)
    split = NetParameter()
    split.CopyFrom(net)
    del split.layer[:]
    used: defaultdict[Version, int] = defaultdict(int)
    version: dict[str, Version] = {}
    for i, original in enumerate(net.layer):
        layer = split.layer.add()
        layer.CopyFrom(original)
        for j, blob in enumerate(original.bottom):
            producer = version.get(blob)
            if producer and reads[producer] > 1:
                maker = net.layer[producer[0]].name
                layer.bottom[j] = _top_name(blob, maker, producer[1], used[producer])
                used[producer] += 1
        for j, blob in enumerate(original.top):
            version[blob] = (i, j)
        for j, blob in enumerate(original.top):
            if reads[i, j] > 1:
                weight = original.loss_weight[j] if j < len(original.loss_weight) else 0.0
                _add_split(split, blob, original.name, j, reads[i, j], weight)
                if weight:
                    layer.loss_weight[j] = 0
                    used[i, j] += 1
    return split


def _reads(net: Any) -> Counter[Version]:
    """How many readers each version of each blob has."""
    reads: Counter[Version] = Counter()
    version: dict[str, Version] = {}
    for i, layer in enumerate(net.layer):
        reads.update(version[blob] for blob in layer.bottom if blob in version)
        version.update((blob, (i, j)) for j, blob in enumerate(layer.top))
        reads.update((i, j) for j, weight in enumerate(layer.loss_weight) if weight)
    return reads


def _add_split(
    net: NetParameter, blob: str, maker: str, index: int, count: int, loss_weight: float
) -> None:
    split: LayerParameter = net.layer.add()
    split.name = _layer_name(blob, maker, index)
    split.type = "Split"
    split.bottom.append(blob)
    split.top.extend(_top_name(blob, maker, index, k) for k in range(count))
    if loss_weight:
        split.loss_weight.extend([loss_weight] + [0.0] * (count - 1))


def _layer_name(blob: str, maker: str, index: int) -> str:
    return f"{blob}_{maker}_{index}_split"


def _top_name(blob: str, maker: str, index: int, k: int) -> str:
    return f"{_layer_name(blob, maker, index)}_{k}"
