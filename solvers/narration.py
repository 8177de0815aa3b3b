"""What Caffe's log says while a net is trained, line by line, and the loss it smooths."""

import time
from collections.abc import Iterable
from typing import Any, SupportsFloat

from ..core import log
from ..nets import Net
from ..proto.format import format_text

MOST_PENDING = 128  # losses that are not known yet


class SmoothedLoss:
    """The mean loss of the last `window` iterations, updated as Caffe does it; float() gives it.

    Losses that are not known yet are taken in when somebody wants to know.

    Source: Solver::UpdateSmoothedLoss.
    """

    def __init__(self, window: int):
        self.window = max(window, 1)
        self._value = 0.0
        self._losses: list[float] = []
        self._pending: list[tuple[SupportsFloat, int]] = []

    def __float__(self) -> float:
        return self.value

    @property
    def value(self) -> float:
        """The mean."""
        self._take_in()
        return self._value

    @property
    def losses(self) -> list[float]:
        """What it is the mean of, each in its place."""
        self._take_in()
        return self._losses

    def set(self, losses: list[float], value: float) -> None:
        """Go back to where losses and value were these."""
        self._losses, self._value, self._pending = losses, value, []

    def add(self, loss: SupportsFloat, since_start: int) -> None:
        """Take in the loss of an iteration; since_start counts those of this run."""
        self._pending.append((loss, since_start))
        if len(self._pending) >= MOST_PENDING:
            self._take_in()

    def _take_in(self) -> None:
        for late, since_start in self._pending:
            loss = float(late)
            if len(self._losses) < self.window:
                self._losses.append(loss)
                self._value += (loss - self._value) / len(self._losses)
            else:
                place = since_start % self.window
                self._value += (loss - self._losses[place]) / self.window
                self._losses[place] = loss
        self._pending.clear()


class Speed:
    """Iterations per second between two displays."""

    def __init__(self, iteration: int):
        self.start(iteration)

    def start(self, iteration: int) -> None:
        """Start counting here."""
        self._iteration, self._time = iteration, time.perf_counter()

    def lap(self, iteration: int) -> tuple[float, float]:
        """(iterations per second, seconds) since the last lap."""
        seconds = time.perf_counter() - self._time
        per_second = (iteration - self._iteration) / (seconds or 1)
        self.start(iteration)
        return per_second, seconds


def begin(param: Any) -> None:
    """The solver as it was asked for."""
    if log.enabled():
        log.info("solver.cpp:45", f"Initializing solver from parameters: \n{format_text(param)}")


def solving(name: str, policy: str) -> None:
    """The start of a run."""
    log.info("solver.cpp:289", f"Solving {name}")
    log.info("solver.cpp:290", f"Learning Rate Policy: {policy}")


def iteration(number: int, speed: Speed, display: int, loss: float, net: Net) -> None:
    """Speed, smoothed loss and the outputs of the training net."""
    per_second, seconds = speed.lap(number)
    log.info(
        "solver.cpp:239",
        f"Iteration {number} ({per_second:g} iter/s, {round(seconds, 3):g}s/{display} iters), "
        f"loss = {loss:g}",
    )
    for line in output_lines("Train", net, outputs(net)):
        log.info("solver.cpp:258", line)


def outputs(net: Net) -> list[tuple[str, float]]:
    """Every number of every output blob, with the blob's name."""
    named = ((name, net.blobs[name]) for name in net.graph.outputs)
    return [(name, float(v)) for name, blob in named for v in blob.data.ravel()]


def output_lines(kind: str, net: Net, scores: Iterable[tuple[str, float]]) -> list[str]:
    """ "    Train net output #0: loss = 0.3 (* 1 = 0.3 loss)", a line for each number."""
    lines = []
    for i, (name, value) in enumerate(scores):
        weight = net.loss_weight(name)
        loss = f" (* {weight:g} = {weight * value:g} loss)" if weight else ""
        lines.append(f"    {kind} net output #{i}: {name} = {value:g}{loss}")
    return lines
