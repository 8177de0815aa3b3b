"""Weights files of any kind: recognised by what is in them, not by their names."""

import os

from .caffemodel import LayerWeights, decode_caffemodel
from .input_file import is_hdf5, read_file


def read_weights(path: str | os.PathLike) -> list[LayerWeights]:
    """The weights in a caffemodel, binary (of any age and fork) or HDF5.

    In file order if binary; HDF5 has no order, so look layers up by name. Arrays of a binary file
    are read-only views of its bytes. Raises ConfigError if the file is missing, truncated,
    damaged or something else.
    """
    data = read_file(path)
    if not is_hdf5(data):
        return decode_caffemodel(data, str(path))
    from .caffemodel_hdf5 import read_caffemodel_hdf5  # h5py takes time to load

    return read_caffemodel_hdf5(path)
