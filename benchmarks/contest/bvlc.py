"""BVLC's own `caffe time`, if a `caffe` on the PATH is BVLC's: a program, where ours is a script.

It times itself; Input layers give it zeros, which costs a dense library what other numbers do.
"""

import os
import re
import subprocess
from pathlib import Path

_TIMES = {
    True: re.compile(r"Average Forward-Backward: ([\d.e+-]+) ms"),
    False: re.compile(r"Average Forward pass: ([\d.e+-]+) ms"),
}


def find_bvlc() -> str | None:
    """The path of BVLC's command."""
    for folder in os.get_exec_path():
        path = Path(folder) / "caffe"
        if path.is_file() and os.access(path, os.X_OK):
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    return str(path)
    return None


class CaffeTime:
    """Runs `caffe time` as often as it is asked; takes turns as a Worker does."""

    def __init__(self, program: str, folder: str, training: bool, threads: int):
        phase = "TRAIN" if training else "TEST"
        self._command = [program, "time", "-model", f"{folder}/net.prototxt", "-phase", phase]
        self._environment = os.environ | {
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
            "GLOG_logtostderr": "1",
        }
        self._training = training
        self._most = 0

    def run(self, count: int) -> float:
        """Seconds of each of so many runs."""
        command = [*self._command, "-iterations", str(count)]
        process = subprocess.Popen(
            command, env=self._environment, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        with process.stderr:
            log = process.stderr.read()
        _, process.returncode, usage = os.wait4(process.pid, 0)
        self._most = max(self._most, 1024 * usage.ru_maxrss)
        return seconds_in(log, self._training)

    def memory(self) -> int:
        """The most bytes that the whole process had, its libraries and weights included."""
        return self._most

    def close(self) -> None:
        """There is nothing to end."""

    def __enter__(self) -> "CaffeTime":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def seconds_in(log: str, training: bool) -> float:
    """What a log of `caffe time` says a run took."""
    found = _TIMES[training].search(log)
    if not found:
        raise RuntimeError(f"caffe time: {log[-1500:]}")
    return float(found[1]) / 1e3
