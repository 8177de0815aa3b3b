"""A contest on one device, in limited time: workers that stay take one job after the other.

Whatever fails is noted with its reason, and the rest goes on.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nets.job import Job

from .agreement import Distance, differences, is_close
from .budget import Budget
from .contestants import OURS
from .lasting import Lasting
from .rounds import take_turns
from .table import Times
from .worker import WorkerError

CHECKED = "channels-last"  # the contestant, and mode of torch, that we are compared with
EXACT = "float32"
MOST_SECONDS = 90  # for an answer: kernels may be timed before one is chosen
MOST_TO_COMPILE = 150
MOST_WORDS = 300  # characters of a reason
# How the last line of a traceback begins.
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b|no answer")
TURN, REST = 0.15, 0.02  # seconds: a device is less disturbed by others than a processor


@dataclass
class Cell:
    """What was found out about one net in one precision."""

    row: str  # the net and its batch, "lenet:64"
    precision: str
    seconds: Times = field(default_factory=dict)  # of a step of each contestant
    bytes_held: Times = field(default_factory=dict)
    loading: Times = field(default_factory=dict)  # seconds until it was ready
    problems: dict[str, str] = field(default_factory=dict)  # why somebody has no time
    logs: dict[str, str] = field(default_factory=dict)  # all that was said of it

    def note(self, name: str, problem: Exception) -> None:
        """Keep why a contestant failed."""
        self.problems[name], self.logs[name] = reason_of(problem), str(problem)


@dataclass
class Check:
    """How far results lie from torch's in float32."""

    ours: Distance | None = None
    theirs: Distance = (0.0, 0.0)  # torch's own, where it rounds
    problem: str = ""

    @property
    def is_close(self) -> bool:
        """Whether we compute what torch does."""
        return self.ours is not None and is_close(self.ours, self.theirs)


class GpuContest:
    """The workers, by name of contestant. Use as a context manager."""

    def __init__(self, names: list[str], device: str, threads: int, budget: Budget):
        self.names, self.budget, self._device = names, budget, device
        self.compiled: set[tuple[Path, str]] = set()  # jobs that need not be compiled any more
        self._stack = ExitStack()
        self._workers = {
            name: Lasting(name, threads, budget, MOST_TO_COMPILE if is_slow(name) else MOST_SECONDS)
            for name in names
        }
        self._limits = Lasting(CHECKED, threads, budget, MOST_SECONDS, "limits_worker.py")
        self._compiling = ThreadPoolExecutor(1)
        self._ahead: list[Future] = []

    def __enter__(self) -> "GpuContest":
        """Start all at once: to load their libraries is most of their work."""
        everybody = [*self._workers.values(), self._limits]
        for worker in everybody:
            self._stack.enter_context(worker)
        with ThreadPoolExecutor(len(everybody)) as pool:
            for start in [pool.submit(worker.start) for worker in everybody]:
                start.exception()  # told by the first job
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._workers.values(), self._limits):
            worker.end()
        self._compiling.shutdown(cancel_futures=True)
        self._stack.close()

    def limits(self, precisions: list[str], copied: int, side: int, rounds: int) -> Times:
        """Bytes of "copy", read and written, and operations of products, in a second."""
        found: Times = {}
        with self._limits as worker:
            for name in ("copy", *precisions):
                is_copy = name == "copy"
                told = {"mode": "copy" if is_copy else "product", "device": self._device}
                size, precision = (copied, EXACT) if is_copy else (side, name)
                with _noted(lambda reason, name=name: print(f"  {name}: {reason}", flush=True)):
                    worker.load(size=size, precision=precision, **told)
                    seconds = take_turns({name: worker}, rounds, TURN, REST)[name]
                    found[name] = (2 * copied if is_copy else 2 * side**3) / seconds
        return found

    def check(self, job: Job, precision: str) -> Check:
        """Compare results, of few pictures; those of one job are computed once."""
        found = Check()
        torch = next((name for name in self.names if name != OURS), None)
        if torch is None:
            return Check(problem="nobody to compare with")
        with _noted(lambda reason: setattr(found, "problem", reason)):
            exact = self._results(job, torch, EXACT)
            if precision != EXACT:
                found.theirs = differences(self._results(job, torch, precision), exact)
            found.ours = differences(self._results(job, OURS, precision), exact)
        return found

    def _results(self, job: Job, name: str, precision: str) -> Path:
        path = job.folder / f"{name}-{precision}.npz"
        if not path.exists():
            told: dict[str, Any] = {} if name == OURS else {"mode": CHECKED}
            self._load(name, job, precision, check=str(path), **told)
        return path

    def compile_ahead(self, job: Job, precision: str) -> None:
        """Let those who compile do so while nobody's time is taken; others wait in a queue."""
        slow = [name for name in self.names if is_slow(name)]

        def compile_all() -> None:
            for name in slow:
                self._load(name, job, precision)
            self.compiled.add((job.folder, precision))

        if slow:
            self._ahead.append(self._compiling.submit(compile_all))

    def end_compiling(self, seconds: float) -> list[str]:
        """Wait so long; what is not compiled then is given up. What went wrong."""
        finished, unfinished = wait(self._ahead, seconds)
        self._compiling.shutdown(wait=False, cancel_futures=True)
        if unfinished:
            for name in filter(is_slow, self.names):
                self._workers[name].end()
        self._compiling.shutdown()
        reasons = [reason_of(problem) for done in finished if (problem := done.exception())]
        return reasons + ["there was no time"] * len(unfinished)

    def time(self, cell: Cell, job: Job, rounds: int) -> None:
        """Fill a cell."""
        for worker in self._workers.values():
            worker.leave()
        runners: dict[str, Lasting] = {}
        for name, worker in self._workers.items():
            if is_slow(name) and (job.folder, cell.precision) not in self.compiled:
                continue
            start = time.monotonic()
            try:
                self._load(name, job, cell.precision)
                runners[name] = worker
            except WorkerError as problem:
                cell.note(name, problem)
            cell.loading[name] = time.monotonic() - start
        cell.seconds |= take_turns(dict(runners), rounds, TURN, REST, cell.note)
        for name in cell.seconds:
            try:
                cell.bytes_held[name] = float(runners[name].memory())
            except WorkerError as problem:
                cell.note(name, problem)

    def _load(self, name: str, job: Job, precision: str, **told: Any) -> None:
        place = {"folder": str(job.folder), "device": self._device, "precision": precision}
        self._workers[name].load(**place, update="check" not in told, **told)


def is_slow(name: str) -> bool:
    """Whether a contestant compiles a net, for a minute or so."""
    return name.startswith(("compile", "autotune"))


@contextmanager
def _noted(note: Callable[[str], Any]) -> Iterator[None]:
    """Tell the reason of what fails inside, and go on."""
    try:
        yield
    except Exception as problem:
        note(reason_of(problem))


def reason_of(problem: BaseException) -> str:
    """The line that says most of what a worker said, or the error."""
    if not isinstance(problem, WorkerError):
        return repr(problem)
    lines = [line for line in str(problem).splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or ["it ended without a word"])[-1].strip()[:MOST_WORDS]
