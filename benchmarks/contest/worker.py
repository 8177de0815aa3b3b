"""A process that runs a job: see peers/serve.py for what is said to it."""

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent.parent / "peers"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


class WorkerError(Exception):
    """A worker ended; the message is the last of what it printed."""


class Worker:
    """A worker that is ready to run. Use as a context manager, or close it."""

    def __init__(self, python: str, script: str, threads: int, **options: Any):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            _command(python, script, threads, options),
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._answer()

    def run(self, count: int) -> float:
        """Run so many times; seconds for each."""
        return float(self._ask(f"run {count}"))

    def memory(self) -> int:
        """The most bytes that it held while running, beyond those before the net was built."""
        return int(self._ask("memory"))

    def save(self, path: Path) -> None:
        """Save what it computes to an .npz file."""
        self._ask(f"save {path}")

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
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
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            message = self._errors.read()[-1500:]
            self.close()
            raise WorkerError(message)
        return line


def results(python: str, script: str, threads: int, path: Path, **options: Any) -> None:
    """Let a worker run once and save what it computed."""
    command = _command(python, script, threads, options | {"check": str(path)})
    done = subprocess.run(command, env=_environment(threads), capture_output=True, text=True)
    if done.returncode:
        raise WorkerError(done.stderr[-1500:])


def _command(python: str, script: str, threads: int, options: dict[str, Any]) -> list[str]:
    told = {"check": None, "update": False, "mode": "", **options, "threads": threads}
    return [python, str(PEERS / script), json.dumps(told)]


def _environment(threads: int) -> dict[str, str]:
    return os.environ | dict.fromkeys(THREADS, str(threads))
