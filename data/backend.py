"""Databases by the name of their backend: LMDB or LevelDB."""

import os
from pathlib import Path

from ..core import log
from ..proto import ConfigError
from .record_source import RecordSource

_MARKS = {"lmdb": "data.mdb", "leveldb": "CURRENT"}  # the file that shows what a folder is


def open_source(path: str | os.PathLike, backend: str) -> RecordSource:
    """Open the database at path, which should be of backend "lmdb" or "leveldb".

    One of the other kind is opened too, with a warning: data_param.backend is LEVELDB unless
    set, and forgetting it is common.
    """
    if backend not in _MARKS:
        raise ConfigError(f"backend: {backend!r} is neither 'lmdb' nor 'leveldb'")
    actual = _backend_of(Path(path)) or backend
    if actual != backend:
        log.warning("db.cpp:12", f"{path} is a database of backend {actual}, not {backend}")
    if actual == "lmdb":
        from .lmdb_source import LMDBSource

        return LMDBSource(path)
    from .leveldb_source import LevelDBSource

    return LevelDBSource(path)


def _backend_of(path: Path) -> str | None:
    for backend, mark in _MARKS.items():
        if (path / mark).is_file():
            return backend
    return None
