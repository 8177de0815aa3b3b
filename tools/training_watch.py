"""Watching a training run: its rows are handed on to a picture or to TensorBoard."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol, SupportsFloat

from ..core import optional
from .chart import picture_format
from .training_log import Row

if TYPE_CHECKING:
    from ..nets import Net
    from ..solvers import Solver
    from ..solvers.testing import Scores

_ROWS = 200  # of a whole run, where the solver says no display
_MOST_NUMBERS = 64  # of one net's outputs; larger blobs are no curves


class Watcher(Protocol):
    """Somebody who is told of every row."""

    def train(self, row: Row) -> None:
        """An iteration that is displayed."""
        ...

    def test(self, number: int, row: Row) -> None:
        """A test of net `number`."""
        ...

    def close(self) -> None:
        """The end of the run, whatever ended it."""
        ...


def check(plot: str, tensorboard: str) -> None:
    """Raise ConfigError if what the flags ask for cannot be done, before anything begins."""
    if plot:
        picture_format(plot)
        optional.load("matplotlib.figure", "plot", "-plot")
    if tensorboard:
        optional.load("tensorboardX", "tensorboard", "-tensorboard")


@contextmanager
def watching(solver: "Solver", plot: str, tensorboard: str) -> Iterator[None]:
    """Draw the run into the file `plot` and write it to the folder `tensorboard`, if they are."""
    watchers: list[Watcher] = []
    if plot:
        from .live_plot import LivePlot

        watchers.append(LivePlot(plot, solver))
    if tensorboard:
        from .event_files import EventFiles

        watchers.append(EventFiles(tensorboard, solver))
    with ExitStack() as closing:
        for watcher in watchers:
            closing.callback(watcher.close)
        if watchers:
            rows = _Rows(solver, watchers)
            solver.on_iteration, solver.on_test = rows.on_iteration, rows.on_test
        yield


class _Rows:
    """Makes rows of what the solver says, those that its log shows too."""

    def __init__(self, solver: "Solver", watchers: list[Watcher]):
        self._solver = solver
        self._watchers = watchers
        self._start = time.perf_counter()
        param = solver.param
        self._interval = param.display or max(1, param.max_iter // _ROWS)
        shows_loss = any(map(solver.net.loss_weight, solver.net.outputs))
        self._shows_mean = param.average_loss > 1 or not shows_loss

    def on_iteration(self, after: int, loss: SupportsFloat, rate: float) -> None:
        # The solver counts an iteration first and tells of it then; the log tells it before.
        iteration = after - 1
        if iteration % self._interval:
            return
        from ..solvers.learning_rate import learning_rate
        from ..solvers.narration import outputs

        values = _named(self._solver.net, outputs(self._solver.net))
        if self._shows_mean:
            values = {"smoothed loss": float(loss)} | values
        self._hand_on(None, iteration, learning_rate(self._solver.param, iteration), values)

    def on_test(self, number: int, scores: "Scores") -> None:
        solver = self._solver
        values = _named(solver.test_nets[number], scores)
        self._hand_on(number, solver.iteration, solver.rate, values)

    def _hand_on(
        self, number: int | None, iteration: int, rate: float, values: dict[str, float]
    ) -> None:
        row = Row(iteration, time.perf_counter() - self._start, rate, values)
        for watcher in self._watchers:
            if number is None:
                watcher.train(row)
            else:
                watcher.test(number, row)


def _named(net: "Net", scores: "Scores") -> dict[str, float]:
    """Scores by the blob's name, with an index where it has several numbers."""
    if len(scores) > _MOST_NUMBERS:
        scores = [score for score in scores if net.loss_weight(score[0])]
    sizes = Counter(name for name, _ in scores)
    seen: Counter[str] = Counter()
    values = {}
    for name, value in scores:
        values[f"{name}[{seen[name]}]" if sizes[name] > 1 else name] = value
        seen[name] += 1
    return values
