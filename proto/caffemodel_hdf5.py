"""Weights files in HDF5 (.caffemodel.h5): /data/<layer>/<i>, and /diff/<layer>/<i> on request."""

import os
from collections.abc import Iterator, Sequence

import h5py
import numpy as np

from .caffe_pb2 import NetParameter
from .caffemodel import LayerWeights
from .errors import ConfigError
from .hdf5 import load_array, reading, save_array, write_hdf5


def read_caffemodel_hdf5(path: str | os.PathLike) -> list[LayerWeights]:
    """The weights in an HDF5 file, by layer name (the file knows neither order nor types).

    A "/" in a layer's name has made groups within groups. Raises ConfigError.
    """
    with reading(path) as file:
        data = file.get("data")
        if not isinstance(data, h5py.Group):
            raise ConfigError(f"{path}: has no group /data: it holds no weights")
        return list(_layers(data, ""))


def write_caffemodel_hdf5(
    path: str | os.PathLike,
    net: NetParameter,
    blobs: Sequence[Sequence[np.ndarray | None]],
    diffs: Sequence[Sequence[np.ndarray | None]] | None = None,
) -> None:
    """Write blobs[i] (and diffs[i]) of net.layer[i], as Caffe does, or better: names may hold "/".

    None stands for a blob that an earlier layer owns; it is left out. Raises ConfigError.
    """

    def fill(file: h5py.File) -> None:
        _save(file.create_group("data"), net, blobs)
        if diffs is not None:
            _save(file.create_group("diff"), net, diffs)

    write_hdf5(path, fill)


def _save(
    parent: h5py.Group, net: NetParameter, arrays: Sequence[Sequence[np.ndarray | None]]
) -> None:
    for layer, layer_arrays in zip(net.layer, arrays, strict=True):
        group = parent.require_group(layer.name)
        for index, array in enumerate(layer_arrays):
            if array is not None:
                save_array(group, str(index), array)


def _layers(group: h5py.Group, prefix: str) -> Iterator[LayerWeights]:
    """Every group below this one that holds blobs, or nothing at all, is a layer."""
    for name, inner in group.items():
        if not isinstance(inner, h5py.Group):
            continue
        blobs = {int(key): value for key, value in inner.items() if _is_blob(key, value)}
        if blobs or len(inner) == 0:
            arrays = [
                load_array(blobs[index]) if index in blobs else None
                for index in range(max(blobs, default=-1) + 1)
            ]
            yield LayerWeights(prefix + name, "", arrays, [False] * len(arrays))
        yield from _layers(inner, f"{prefix}{name}/")


def _is_blob(key: str, value: object) -> bool:
    # No layer has so many blobs; a damaged name must not become a list of that length.
    is_index = key.isascii() and key.isdigit() and len(key) < 4
    return is_index and isinstance(value, h5py.Dataset)
