"""Lasting: a contestant whose process goes from job to job, and is started anew if it ended."""

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from .budget import Budget
from .contestants import CONTESTANTS
from .worker import Worker, WorkerError

FAILURES = 4  # in a row, after which nothing more is expected
T = TypeVar("T")


class Lasting:
    """To load its libraries takes longer than most jobs: that is done once.

    name      of a contestant
    most      seconds in which an answer must come, and no more than the budget has left
    script    another than the contestant's, in peers/
    """

    def __init__(
        self, name: str, threads: int, budget: Budget, most: float, script: str | None = None
    ):
        self.contestant = CONTESTANTS[name]
        self._script = script or self.contestant.script
        self._threads, self._budget, self._most = threads, budget, most
        self._worker: Worker | None = None
        self._failures = 0
        self._lock = Lock()

    def start(self) -> None:
        """Start the process, and wait until it takes jobs."""
        if self._worker is None:
            self._worker = Worker(
                self.contestant.python(), self._script, self._threads, self._limit, waits=True
            )

    def load(self, **options: Any) -> None:
        """Leave the job for that of these options; WorkerError, with the reason, if it cannot."""
        told = {"mode": self.contestant.mode, "training": True, **options}
        self._asked(lambda worker: worker.load(**told))
        self._failures = 0

    def leave(self) -> None:
        """Have no job; what does not answer has none either."""
        if self._worker:
            try:
                self._asked(Worker.leave)
            except WorkerError:
                self._failures -= 1  # of a job that was over

    def run(self, count: int) -> float:
        """Run so many times; seconds for each."""
        return self._asked(lambda worker: worker.run(count))

    def memory(self) -> int:
        """The most bytes that it held while running."""
        return self._asked(Worker.memory)

    def end(self) -> None:
        """Stop at once, whatever it is doing; the next job starts it anew."""
        if self._worker:
            self._worker.kill()

    def close(self) -> None:
        """End the process."""
        if self._worker:
            self._worker.close()
            self._worker = None

    def __enter__(self) -> "Lasting":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _limit(self) -> float:
        return max(1.0, min(self._most, self._budget.left))

    def _asked(self, question: Callable[[Worker], T]) -> T:
        if self._failures >= FAILURES:
            raise WorkerError(f"failed {FAILURES} times in a row, and is not tried again")
        with self._lock:  # nets may be compiled by another thread
            try:
                self.start()
                assert self._worker
                self._worker.limit = self._limit
                return question(self._worker)
            except WorkerError:
                self._worker = None
                self._failures += 1
                raise
