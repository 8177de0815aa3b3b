"""HDF5 as Caffe writes it: plain datasets, a group per layer, no attributes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np

from .atomic_file import write_file
from .errors import ConfigError


@contextmanager
def reading(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open an HDF5 file; whatever is wrong inside it is raised as ConfigError with its name."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except ConfigError:
        raise
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as problem:
        raise ConfigError(f"{path}: damaged HDF5 file: {problem}") from problem


def write_hdf5(path: str | os.PathLike, fill: Callable[[h5py.File], None]) -> None:
    """Let fill put datasets into a file, which is built in memory and written whole or not at all.

    The HDF5 library cannot get out of a full disk: it fails again, later, on closing the file.
    """
    with h5py.File("image", "w", driver="core", backing_store=False) as file:
        fill(file)
        file.flush()
        image = file.id.get_file_image()
    write_file(path, [image])


def save_array(group: h5py.Group, name: str, array: np.ndarray) -> None:
    """A dataset of floats: float64 stays, everything else is stored as float32."""
    dtype = np.float64 if array.dtype == np.float64 else np.float32
    group.create_dataset(name, data=np.asarray(array, dtype))


def load_array(dataset: Any) -> np.ndarray:
    """The values of a dataset, as float32 unless they are float64."""
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
        raise ConfigError(f"{dataset.file.filename}: {dataset.name} holds no numbers")
    return dataset.astype(np.float64 if dataset.dtype == np.float64 else np.float32)[()]


def save_int(group: h5py.Group, name: str, value: int) -> None:
    """A dataset of one int32, with one axis."""
    group.create_dataset(name, data=np.array([value], np.int32))


def save_string(group: h5py.Group, name: str, text: str) -> None:
    """A dataset of no axes: the bytes of the text and a zero, as C has it."""
    data = text.encode()
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(data) + 1)
    kind.set_strpad(h5py.h5t.STR_NULLTERM)
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    # Without the time of day, as create_dataset has it: the same state is the same bytes.
    timeless = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    timeless.set_obj_track_times(False)
    dataset = h5py.h5d.create(group.id, name.encode(), kind, space, timeless)
    dataset.write(space, space, np.array(data, f"S{len(data) + 1}"), kind)
