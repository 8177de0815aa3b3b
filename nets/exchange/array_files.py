"""Files of named arrays: .npz (NumPy) and .safetensors. Nothing is ever unpickled."""

import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.optional import load
from ...proto import ConfigError, write_file

# What zipfile, zlib and NumPy raise for files that are damaged, encrypted or packed otherwise.
_TROUBLES = (OSError, ValueError, EOFError, LookupError, RuntimeError, MemoryError, TypeError)
_TROUBLES += (SyntaxError, zipfile.BadZipFile, zlib.error)
_PICKLES = (".pt", ".pth", ".bin", ".pkl", ".ckpt")


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Every array of a .npz, in its order, or of a .safetensors, sorted by name.

    Raises ConfigError for files that are missing, damaged or of another kind.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind in _PICKLES:
        raise ConfigError(
            f"{path}: pickled files can run code, and are not read. Save the weights where the "
            "model was made: from safetensors.torch import save_file; "
            'save_file(model.state_dict(), "model.safetensors")'
        )
    if kind not in (".npz", ".safetensors"):
        raise ConfigError(f"{path}: weights are read from .npz and .safetensors")
    if not path.is_file():
        raise ConfigError(f"no such file: {path} (looked for {path.absolute()})")
    return _read_npz(path) if kind == ".npz" else _read_safetensors(path)


def write_arrays(path: str | os.PathLike, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as the ending of the file's name says."""
    kind = Path(path).suffix.lower()
    if kind == ".npz":
        data, named = io.BytesIO(), dict[str, Any](arrays)
        np.savez(data, **named)
        write_file(path, [data.getbuffer()])
    elif kind == ".safetensors":
        save = load("safetensors.numpy", "safetensors", "writing .safetensors").save
        contiguous = {name: np.array(array, order="C") for name, array in arrays.items()}
        write_file(path, [save(contiguous)])
    else:
        raise ConfigError(f"{path}: weights are written as .npz or .safetensors")


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("a single array without a name")
            arrays = {name: archive[name] for name in archive.files}
            for name, array in arrays.items():
                if not isinstance(array, np.ndarray):
                    raise ValueError(f"{name} is no array")
            return arrays
    except _TROUBLES as problem:
        raise ConfigError(f"{path}: is damaged or holds no named arrays: {problem}") from None


def _read_safetensors(path: Path) -> dict[str, np.ndarray]:
    module = load("safetensors", "safetensors", "reading .safetensors")
    try:
        with module.safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in sorted(file.keys())}
    except TypeError as problem:  # bfloat16 and others that NumPy lacks
        raise ConfigError(f"{path}: {problem}; save it as float32") from None
    except (OSError, ValueError, module.SafetensorError) as problem:
        raise ConfigError(f"{path}: is damaged or no .safetensors: {problem}") from None
