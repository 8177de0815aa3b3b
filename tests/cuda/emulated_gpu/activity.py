"""Activity: what a device was asked to do, and the record of it while a graph is captured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Activity:
    """Counts for tests to look at; work goes through do(), which runs or records it."""

    def __init__(self):
        self.launches = 0
        self.graph_launches = 0
        self.uploads = 0
        self.downloads = 0
        self.bytes_uploaded = 0
        self.bytes_downloaded = 0
        self.synchronisations = 0
        self.journal: list[str] = []  # copies on the device, graphs, starts of uploads, waits
        self._record: list[Callable[[], Any]] | None = None

    @property
    def is_capturing(self) -> bool:
        return self._record is not None

    @contextmanager
    def capture(self) -> Iterator[list[Callable[[], Any]]]:
        """Within it, work is added to the list instead of done."""
        self.forbid_in_capture("a capture within another")
        self._record = []
        try:
            yield self._record
        finally:
            self._record = None

    def do(self, work: Callable[[], Any]) -> None:
        """Run it, or record it for replays."""
        if self._record is None:
            work()
        else:
            self._record.append(work)

    def synchronise(self, what: str) -> None:
        """Count that the host waits for the device."""
        self.forbid_in_capture(f"{what} waits for the device, which")
        self.synchronisations += 1
        self.journal.append("wait")

    def forbid_in_capture(self, what: str) -> None:
        if self.is_capturing:
            raise RuntimeError(f"{what} is not possible while a graph is captured")
