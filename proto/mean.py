"""Mean files (.binaryproto): the average image of a data set, as compute_image_mean writes it."""

import os

import numpy as np

from .atomic_file import write_file
from .blob import array_to_blob, decode_blob
from .errors import ConfigError
from .input_file import read_file
from .wire import WireError


def read_mean(path: str | os.PathLike) -> np.ndarray:
    """The array in a file that is one BlobProto: (1, C, H, W), float32 or float64.

    Raises ConfigError if the file is missing, truncated, damaged or something else.
    """
    data = read_file(path)
    try:
        array = decode_blob(data, 0, len(data))[0]
    except WireError as problem:
        raise ConfigError(
            f"{path}: at byte {problem.position}: {problem.problem}: "
            "the file is truncated, damaged or no mean file"
        ) from None
    if array.ndim == 0:
        raise ConfigError(f"{path}: holds no image: it is no mean file")
    return array


def write_mean(path: str | os.PathLike, mean: np.ndarray) -> None:
    """Write an array of up to four axes as a legacy (num, channels, height, width) BlobProto."""
    write_file(path, [array_to_blob(mean, legacy=True).SerializeToString()])
