"""The picture of a run that is still going on."""

import time

from ..core import log
from ..proto import ConfigError
from ..solvers import Solver
from .chart import write_chart
from .plot_training_log import training_panels
from .training_log import Row, TrainingLog

_PAUSE = 2.0  # seconds at least between two drawings
_SHARE = 20  # and so many times what drawing took: it takes 5 % of the time at most


class LivePlot:
    """Draws the losses, scores and rate of a run into a file, again and again."""

    def __init__(self, path: str, solver: Solver):
        self._path = path
        nets = (solver.net, *solver.test_nets)
        losses = {name for net in nets for name in net.outputs if net.loss_weight(name)}
        self._log = TrainingLog(losses={"smoothed loss", *losses})
        self._next = 0.0  # when to draw again

    def train(self, row: Row) -> None:
        """Add a point to the curves of training."""
        self._log.train.append(row)
        self._draw_when_due()

    def test(self, number: int, row: Row) -> None:
        """Add a point to the curves of a test net."""
        self._log.tests.setdefault(number, []).append(row)
        self._draw_when_due()

    def close(self) -> None:
        """Draw all of it."""
        if self._log.train or self._log.tests:
            self._draw()

    def _draw_when_due(self) -> None:
        if time.monotonic() >= self._next:
            start = time.monotonic()
            self._draw()
            end = time.monotonic()
            self._next = end + max(_PAUSE, _SHARE * (end - start))

    def _draw(self) -> None:
        try:
            write_chart(self._path, training_panels([("", self._log)]), "iterations")
        except ConfigError as problem:  # a full disk is no reason to stop training
            log.warning("caffe.cpp:239", f"-plot: {problem}")
