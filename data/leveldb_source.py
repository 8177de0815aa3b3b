"""LevelDBSource: records out of a LevelDB."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from ..core import log
from ..proto import ConfigError
from .record_source import Record, RecordSource


class _Shared:
    """A plyvel.DB that weak references can point to."""

    def __init__(self, database: Any):
        self.database = database


# LevelDB locks its folder, yet a train and a test net may read the same.
_open: WeakValueDictionary[Path, _Shared] = WeakValueDictionary()


class LevelDBSource(RecordSource):
    """The records of a LevelDB, a folder that holds a file CURRENT. Needs the package plyvel.

    Only one process at a time can read it: LevelDB locks the folder.
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__(path)
        self._plyvel = _import_plyvel(self.path)
        resolved = Path(self.path).resolve()
        if not (resolved / "CURRENT").is_file():
            raise ConfigError(
                f"no LevelDB at {self.path!r} ({str(resolved / 'CURRENT')!r} is not a file); "
                "relative paths start at the working directory"
            )
        with self._naming_problems():
            shared = _open.get(resolved) or _Shared(self._plyvel.DB(str(resolved)))
        self._shared: _Shared | None = shared
        _open[resolved] = shared
        if next(self.one_round(), None) is None:
            raise ConfigError(f"the LevelDB {self.path} has no records")
        log.info("db_leveldb.cpp:18", f"Opened leveldb {self.path}")

    def __len__(self) -> int:
        return self._entries

    def one_round(self, start: int = 0) -> Iterator[Record]:
        if self._shared is None:
            raise ValueError(f"the LevelDB {self.path} was closed")
        database = self._shared.database
        with self._naming_problems():
            with database.iterator(include_value=False) as keys:
                first = next(islice(keys, start, None), None)
            if first is None:
                return
            with database.iterator(start=first, verify_checksums=True) as records:
                yield from records

    def close(self) -> None:
        # The last source to let go unlocks the folder.
        self._shared = None

    @cached_property
    def _entries(self) -> int:
        # LevelDB keeps no count; this reads all of it, once.
        return sum(1 for _ in self.one_round())

    @contextmanager
    def _naming_problems(self) -> Iterator[None]:
        try:
            yield
        except self._plyvel.Error as problem:
            raise ConfigError(
                f"the LevelDB {self.path!r} cannot be read: {problem}; "
                "another process has it open, or it is damaged: convert it again"
            ) from problem


def _import_plyvel(path: str) -> Any:
    try:
        import plyvel
    except ImportError:
        raise ConfigError(
            f"reading the LevelDB {path!r} needs plyvel, which is not installed: "
            "pip install 'cortado[leveldb]', or convert the data to LMDB"
        ) from None
    return plyvel
