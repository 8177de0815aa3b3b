"""Files that are whole or not there, whatever crashes, fills the disk or is killed meanwhile."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .errors import ConfigError


def write_file(path: str | os.PathLike, pieces: Iterable) -> None:
    """Write bytes-like pieces to a file, one after the other, so that it is whole or not there.

    They go to a temporary name in the same folder, then to the disk, then under their name. Until
    then an older file stays as it was; what the system refuses is raised as ConfigError with file
    and cause, and nothing else is left behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as problem:
        cause = problem.strerror or str(problem)
        raise ConfigError(f"{path}: cannot be written: {cause}") from problem
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where folders can be synced at all."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
