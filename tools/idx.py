"""The idx files that MNIST comes in: a magic number, the sizes, then bytes; maybe gzipped."""

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np

from ..proto import ConfigError
from ..proto.input_file import read_file

_UNSIGNED_BYTE = 8
_CONTENTS = {1: "labels", 3: "images"}


def read_idx(path: Path, axes: int) -> np.ndarray:
    """The uint8 array in an idx file: (N,) for one axis, (N, height, width) for three.

    Raises ConfigError if the file is no such idx file, or too short or too long for its sizes.
    """
    data = _read(path)
    magic = int.from_bytes(data[:4], "big")
    expected = _UNSIGNED_BYTE << 8 | axes
    if len(data) < 4 or magic != expected:
        found = next((f", that of {_CONTENTS[n]}" for n in _CONTENTS if magic == 0x800 | n), "")
        raise ConfigError(
            f"'{path}' holds no idx {_CONTENTS[axes]}: its magic number is {magic}{found}; "
            f"it should be {expected}"
        )
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) != start + prod(shape):
        raise ConfigError(
            f"'{path}' is damaged: {' x '.join(map(str, shape))} {_CONTENTS[axes]} take "
            f"{start + prod(shape)} bytes, it has {len(data)}; fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _read(path: Path) -> bytes:
    data = read_file(path)
    try:
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise ConfigError(f"'{path}' is damaged: {problem}; fetch it again") from None
