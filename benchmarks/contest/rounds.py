"""Rounds: contestants take turns, so that a busy machine slows all of them alike."""

import time
from collections.abc import Callable
from statistics import median
from typing import Protocol

from .worker import WorkerError

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


def take_turns(
    runners: dict[str, Runner],
    rounds: int,
    turn: float = TURN,
    rest: float = REST,
    lost: Callable[[str, Exception], None] | None = None,
) -> dict[str, float]:
    """Median seconds of a run of each.

    lost   told of those who failed and take no more turns; without it, failing is an error
    """
    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {name: [] for name in runners}

    def take_turn(name: str, runner: Runner) -> None:
        time.sleep(rest)
        if name in counts:
            times[name].append(runner.run(counts[name]))
        else:
            counts[name] = max(1, min(MOST, round(turn / runner.run(1))))

    for _ in range(1 + rounds):
        for name, runner in list(runners.items()):
            try:
                take_turn(name, runner)
            except WorkerError as problem:
                if lost is None:
                    raise
                lost(name, problem)
                runners = {n: r for n, r in runners.items() if n != name}
    return {name: median(times[name]) for name in runners}
