"""Weights files of a net: loaded layer by layer, by name, and written as Caffe writes them."""

import os
from collections.abc import Collection

import numpy as np

from ..core import Blob, Layer, log, unseen
from ..proto import ConfigError, LayerWeights, read_weights, write_caffemodel, write_caffemodel_hdf5
from ..proto.caffe_pb2 import NetParameter
from .net import Net


def load_weights(net: Net, path: str | os.PathLike, skip: Collection[str] = ()) -> None:
    """Copy the weights of layers of the same name out of a .caffemodel or .caffemodel.h5.

    Layers of the file that the net does not have are ignored, and layers of the net that the file
    does not have stay as they are, as do those named in skip; a file that fits no layer at all is
    warned of. Raises ConfigError, before any weight is changed, where a layer of both has other
    shapes.
    """
    layers = {layer.name: layer for layer in net.layers}
    unknown = sorted(set(skip) - set(layers))
    if unknown:
        raise ConfigError(f"-weights_skip: the net has no layer {unknown[0]!r}")
    copies: list[tuple[Blob, np.ndarray]] = []
    for saved in read_weights(path):
        layer = layers.get(saved.name)
        if layer is None or saved.name in skip:
            log.info("net.cpp:744", f"Ignoring source layer {saved.name}")
            continue
        copies += _matched(net, layer, saved, str(path))
    if net.weights.learnable and not copies and not skip:
        log.warning(
            "net.cpp:744",
            f"{path}: none of its layers with weights has the name of one of the net's; every "
            "weight stays as it is",
        )
    with unseen([blob for blob, _ in copies]):
        for blob, array in copies:
            blob.data[...] = array.reshape(blob.shape)
    for weights in net.weight_sources:
        weights.version += 1


def save_weights(
    net: Net, path: str | os.PathLike, *, hdf5: bool = False, diffs: bool = False
) -> None:
    """Write the net and its weights, and their gradients if asked, as Caffe's files.

    HDF5 files hold each shared weight once, with the layer that owns it.
    """
    param = NetParameter(name=net.name, layer=[layer.param for layer in net.layers])
    with unseen([w for layer in net.layers for w in layer.weights]):
        data = [[w.data for w in layer.weights] for layer in net.layers]
    gradients = [[w.diff for w in layer.weights] for layer in net.layers] if diffs else None
    if not hdf5:
        write_caffemodel(path, param, data, gradients)
        return
    owned = [
        [
            w.owner == layer.name and w.index == i
            for i, w in enumerate(net.weights.of_layer(layer.name))
        ]
        for layer in net.layers
    ]
    write_caffemodel_hdf5(
        path, param, _owned(data, owned), _owned(gradients, owned) if gradients else None
    )


def _matched(
    net: Net, layer: Layer, saved: LayerWeights, source: str
) -> list[tuple[Blob, np.ndarray]]:
    used = net.weights.of_layer(layer.name)
    left_out = used[len(saved.blobs) :]
    if len(saved.blobs) > len(layer.weights) or any(w.owner == layer.name for w in left_out):
        raise layer.error(
            f"has {len(layer.weights)} weight blobs, but {len(saved.blobs)} in {source}; does "
            "bias_term differ, or the type? Rename the layer to train it afresh, or name it in "
            "-weights_skip"
        )
    copies = []
    for i, array in enumerate(saved.blobs):
        blob = layer.weights[i]
        if array is None:
            if used[i].owner == layer.name:
                raise layer.error(f"weight {i} is missing in {source}")
            continue
        if not _same_shape(blob.shape, array.shape, saved.is_legacy[i]):
            raise layer.error(
                f"weight {i} has shape {blob.shape}, but {array.shape} in {source}. To train this "
                "layer afresh, rename it (a layer that the file does not know keeps its filler), "
                f"or pass -weights_skip {layer.name}"
            )
        copies.append((blob, array))
    return copies


def _same_shape(ours: tuple[int, ...], saved: tuple[int, ...], legacy: bool) -> bool:
    """Whether shapes agree; a legacy one, of 4 axes, counted from the last."""
    if not legacy:
        return ours == saved
    return len(ours) <= 4 and (1,) * (4 - len(ours)) + ours == saved


def _owned(arrays: list[list], owned: list[list[bool]]) -> list[list]:
    return [
        [array if mine else None for array, mine in zip(layer, flags, strict=True)]
        for layer, flags in zip(arrays, owned, strict=True)
    ]
