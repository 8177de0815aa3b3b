"""RecordSource: the records of a database, in the order of their keys."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..core import log

Record = tuple[bytes, bytes | memoryview]  # key, value


class RecordSource(ABC):
    """What an LMDB and a LevelDB have in common for those who read them.

    path    the folder of the database, as the user wrote it

    Keys are ordered byte by byte; convert_imageset zero-pads its keys so that this is also the
    order of its list. Shuffle when writing: reading at random is what a hard disk is worst at.
    One thread at a time may read.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = os.fspath(path)

    @abstractmethod
    def __len__(self) -> int:
        """How many records there are."""

    @abstractmethod
    def one_round(self, start: int = 0) -> Iterator[Record]:
        """Every record once, without the first `start`, whose values are not read.

        Values may be views that are only good until close().
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; sources that share it may go on."""

    def records(self, start: int = 0) -> Iterator[Record]:
        """Records without end, round and round, from number `start` of this endless sequence."""
        passed = start % len(self) if start else 0
        while True:
            yield from self.one_round(passed)
            passed = 0
            log.info("data_layer.cpp:73", "Restarting data prefetching from start.")

    def describe(self, key: bytes) -> str:
        """How errors name a record."""
        return f"record {key!r} of {self.path}"
