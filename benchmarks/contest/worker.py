"""A process that runs a job: see peers/serve.py for what is said to it."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any

PEERS = Path(__file__).parent.parent / "peers"
PATIENCE = 20  # seconds in which a process must end that has nothing more to do
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

DEFAULTS = {
    "check": None,
    "device": "cpu",
    "mode": "",
    "precision": "float32",
    "update": False,
    "waits": False,
}


class WorkerError(Exception):
    """A worker ended; the message is the last of what it printed."""


class Worker:
    """A worker that is ready to run. Use as a context manager, or close it.

    limit   seconds after which an answer that did not come ends it; None: it is waited for
    """

    def __init__(
        self, python: str, script: str, threads: int, limit: float | None = None, **options: Any
    ):
        self.limit, self._is_late = limit, False
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            _command(python, script, threads, options),
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._threads = threads
        self._answer()

    def load(self, **options: Any) -> None:
        """Leave the job for that of other options, and be ready to run it."""
        self._ask(f"load {_told(self._threads, options)}")

    def leave(self) -> None:
        """Have no job, and hold no memory for one."""
        self._ask("leave")

    def run(self, count: int) -> float:
        """Run so many times; seconds for each."""
        return float(self._ask(f"run {count}"))

    def memory(self) -> int:
        """The most bytes that it held while running, beyond those before the net was built."""
        return int(self._ask("memory"))

    def save(self, path: Path) -> None:
        """Save what it computes to an .npz file."""
        self._ask(f"save {path}")

    def kill(self) -> None:
        """Stop at once; whoever waits for an answer learns that there is none."""
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, question: str) -> str:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # the answer will be missing, with the reason
            print(question, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout
        with self._limited():
            line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            message = self._errors.read()[-1500:]
            self.close()
            late = f"no answer in {self.limit:.3g} seconds" if self._is_late else ""
            raise WorkerError(message + late)
        return line

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Inside, the process is ended when the limit has passed."""
        if self.limit is None:
            yield
            return
        timer = Timer(self.limit, self._end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self._is_late = True
        self._process.kill()


def results(python: str, script: str, threads: int, path: Path, **options: Any) -> None:
    """Let a worker run once and save what it computed."""
    command = _command(python, script, threads, options | {"check": str(path)})
    done = subprocess.run(command, env=_environment(threads), capture_output=True, text=True)
    if done.returncode:
        raise WorkerError(done.stderr[-1500:])


def _command(python: str, script: str, threads: int, options: dict[str, Any]) -> list[str]:
    return [python, str(PEERS / script), _told(threads, options)]


def _told(threads: int, options: dict[str, Any]) -> str:
    return json.dumps(DEFAULTS | options | {"threads": threads})


def _environment(threads: int) -> dict[str, str]:
    return os.environ | dict.fromkeys(THREADS, str(threads))
