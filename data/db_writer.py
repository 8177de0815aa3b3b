"""DatabaseWriter: a new LMDB or LevelDB of records, there as a whole or not at all."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ..core import log
from ..proto import ConfigError

BACKENDS = ("lmdb", "leveldb")
_BATCH = 1000  # records a transaction, as Caffe's tools commit them

Record = tuple[bytes, bytes]


class DatabaseWriter:
    """Writes (key, value) records to a database that appears at `path` when it is whole.

        with DatabaseWriter("train_lmdb", "lmdb") as database:
            database.put(b"00000000", datum.SerializeToString())

    Until then it grows in `path`.incomplete, which an exception removes and the next attempt
    starts over. Keys should be zero-padded: readers see records in the order of their bytes.
    Raises ConfigError where `path` exists already, as Caffe does.
    """

    def __init__(self, path: str | Path, backend: str = "lmdb"):
        if backend not in BACKENDS:
            raise ConfigError(f"backend: {backend!r} is neither 'lmdb' nor 'leveldb'")
        self.path = Path(path)
        self._growing = self.path.with_name(f"{self.path.name}.incomplete")
        if self.path.exists():
            raise ConfigError(
                f"'{path}' exists already; remove it or write the database somewhere else"
            )
        if not self.path.parent.is_dir():
            raise ConfigError(f"cannot make '{path}': '{self.path.parent}' is not a folder")
        self._pending: list[Record] = []
        shutil.rmtree(self._growing, ignore_errors=True)
        self._store: _Store = (_LMDB if backend == "lmdb" else _LevelDB)(self._growing)
        source = "db_lmdb.cpp:35" if backend == "lmdb" else "db_leveldb.cpp:18"
        log.info(source, f"Opened {backend} {path}")

    def put(self, key: bytes, value: bytes) -> None:
        """Add a record."""
        self._pending.append((key, value))
        if len(self._pending) == _BATCH:
            self._commit()

    def __enter__(self) -> "DatabaseWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if problem is None:
                self._commit()
            self._store.close()
            if problem is None:
                self._growing.rename(self.path)
        finally:
            shutil.rmtree(self._growing, ignore_errors=True)

    def _commit(self) -> None:
        self._store.write(self._pending)
        self._pending.clear()


class _Store(Protocol):
    def __init__(self, folder: Path) -> None: ...

    def write(self, records: list[Record]) -> None: ...

    def close(self) -> None: ...


class _LMDB:
    def __init__(self, folder: Path):
        import lmdb

        self._lmdb = lmdb
        # Nobody else knows the folder yet: no lock, and one sync at the end is enough.
        self._environment = lmdb.open(str(folder), lock=False, sync=False)

    def write(self, records: list[Record]) -> None:
        while True:
            try:
                with self._environment.begin(write=True) as transaction:
                    for key, value in records:
                        transaction.put(key, value)
                return
            except self._lmdb.MapFullError:
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
            except self._lmdb.BadValsizeError:
                longest = max((key for key, _ in records), key=len)
                raise ConfigError(
                    f"key {longest!r} is longer than the {self._environment.max_key_size()} bytes "
                    "LMDB allows; use shorter file names or the leveldb backend"
                ) from None

    def close(self) -> None:
        self._environment.sync(True)
        self._environment.close()


class _LevelDB:
    def __init__(self, folder: Path):
        try:
            import plyvel
        except ImportError:
            raise ConfigError(
                "backend 'leveldb' needs plyvel, which is not installed: "
                "pip install 'cortado[leveldb]'"
            ) from None
        # Block and buffer as in Caffe's db_leveldb.cpp: records are large and written once.
        self._database: Any = plyvel.DB(
            str(folder), create_if_missing=True, block_size=65536, write_buffer_size=2**28
        )

    def write(self, records: list[Record]) -> None:
        with self._database.write_batch() as batch:
            for key, value in records:
                batch.put(key, value)

    def close(self) -> None:
        self._database.close()
