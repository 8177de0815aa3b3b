"""Rounds: contestants take turns, so that a busy machine slows all of them alike."""

import time
from statistics import median
from typing import Protocol

REST = 0.1  # seconds in which the threads of the one before stop waiting busily for more
TURN = 0.3  # seconds of a turn, at least: short runs are repeated
MOST = 500


class Runner(Protocol):
    """What takes turns."""

    def run(self, count: int) -> float:
        """Run so many times; seconds for each."""
        ...

    def memory(self) -> int:
        """The most bytes that it held while running."""
        ...


def take_turns(runners: dict[str, Runner], rounds: int) -> dict[str, float]:
    """Median seconds of a run of each."""
    counts = {name: _count(runner) for name, runner in runners.items()}
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, runner in runners.items():
            time.sleep(REST)
            times[name].append(runner.run(counts[name]))
    return {name: median(found) for name, found in times.items()}


def _count(runner: Runner) -> int:
    """How many runs fill a turn."""
    time.sleep(REST)
    return max(1, min(MOST, round(TURN / runner.run(1))))
