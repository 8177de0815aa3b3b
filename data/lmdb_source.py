"""LMDBSource: records out of an LMDB."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from weakref import WeakValueDictionary

import lmdb

from ..core import log
from ..proto import ConfigError
from .record_source import Record, RecordSource

# lmdb refuses to map a file twice in one process, yet a train and a test net may read the same.
_environments: WeakValueDictionary[Path, lmdb.Environment] = WeakValueDictionary()


class LMDBSource(RecordSource):
    """The records of an LMDB, a folder that holds data.mdb.

    Values are views of the file, which is mapped to memory as long as a source has it open: who
    needs one longer copies it.

    Raises ConfigError if it is missing, empty, truncated or something else.
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__(path)
        self._environment: lmdb.Environment | None = _open(Path(self.path).resolve(), self.path)
        with self._naming_problems():
            self._entries = self._environment.stat()["entries"]
        if not self._entries:
            raise ConfigError(f"the LMDB {self.path} has no records")
        log.info("db_lmdb.cpp:35", f"Opened lmdb {self.path}")

    def __len__(self) -> int:
        return self._entries

    def one_round(self, start: int = 0) -> Iterator[Record]:
        if self._environment is None:
            raise ValueError(f"the LMDB {self.path} was closed")
        with self._naming_problems(), self._environment.begin(buffers=True) as transaction:
            cursor = transaction.cursor()
            if next(islice(cursor.iternext(values=False), start, None), None) is not None:
                for key, value in cursor.iternext():
                    yield bytes(key), value

    def close(self) -> None:
        # The last source to let go unmaps the file.
        self._environment = None

    @contextmanager
    def _naming_problems(self) -> Iterator[None]:
        try:
            yield
        except lmdb.Error as problem:
            raise _damaged(self.path, str(problem)) from problem


def _open(path: Path, name: str) -> lmdb.Environment:
    """Map the LMDB once per process; name is what the user calls it."""
    file = path / "data.mdb"
    if not file.is_file():
        raise ConfigError(
            f"no LMDB at {name!r} ({str(file)!r} is not a file); "
            "relative paths start at the working directory"
        )
    environment = _environments.get(path)
    if environment is None:
        try:
            # Without a lock file any number can read, even from a read-only disk.
            environment = lmdb.open(str(path), readonly=True, create=False, lock=False)
        except lmdb.Error as problem:
            raise _damaged(name, str(problem)) from problem
        _check_size(environment, file, name)
        _environments[path] = environment
    return environment


def _check_size(environment: lmdb.Environment, file: Path, name: str) -> None:
    """Refuse a file that ends before its last page: reading there would kill the process."""
    needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    present = file.stat().st_size
    if present < needed:
        raise _damaged(name, f"data.mdb has {present:,} bytes, but its pages need {needed:,}")


def _damaged(name: str, problem: str) -> ConfigError:
    return ConfigError(
        f"the LMDB {name!r} cannot be read: {problem}; it is truncated, damaged or no LMDB: "
        "copy or convert it again"
    )
