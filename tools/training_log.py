"""What the log of a training run says: outputs of the nets, loss and rate, by iteration.

Reads the lines of BVLC Caffe since 2014 and of this toolkit, whatever stands between them.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ..proto import ConfigError
from ..proto.input_file import read_file

_NUMBER = r"((?i:[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|nan|inf)))"
_TIME = re.compile(r"[IWEF](\d{4})?(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)\b")
_ITERATION = re.compile(r"\bIteration (\d+)\b")
_TEST = re.compile(r"\bTesting net \(#(\d+)\)")
_RATE = re.compile(rf"\blr = {_NUMBER}")
_OUTPUT = re.compile(rf"\b(Train|Test) net output #\d+: (.+?) = {_NUMBER}(.*)")


@dataclass
class Row:
    """What one iteration gave: the value of every output of one net."""

    iteration: int
    seconds: float  # since the run began
    rate: float = float("nan")  # the learning rate; nan until the log tells it
    outputs: dict[str, float] = field(default_factory=dict)


@dataclass
class TrainingLog:
    """The rows of training, and those of each test net by its number."""

    train: list[Row] = field(default_factory=list)
    tests: dict[int, list[Row]] = field(default_factory=dict)
    losses: set[str] = field(default_factory=set)  # the outputs that count in the loss


def read_training_log(path: str | os.PathLike) -> TrainingLog:
    """The log in a file; ConfigError if it holds no iteration at all."""
    log = parse_training_log(read_file(path).decode("utf-8", "replace").splitlines())
    if not log.train and not log.tests:
        raise ConfigError(
            f"{path}: holds no output of any iteration: it is not the log of a training run, or "
            "of one with display: 0 and no test"
        )
    return log


def parse_training_log(lines: Iterable[str]) -> TrainingLog:
    """The log in these lines."""
    reader = _Reader()
    for line in lines:
        reader.read(line)
    reader.fill_rates()
    return reader.log


class _Reader:
    def __init__(self):
        self.log = TrainingLog()
        self._clock = _Clock()
        self._iteration: int | None = None
        self._test = 0
        self._rates: dict[int, float] = {}

    def read(self, line: str) -> None:
        """Take in one line."""
        seconds = self._clock.read(line)
        if "] Solving " in line:
            self._clock.begin()
        if found := _OUTPUT.search(line):
            if self._iteration is not None:
                self._output(found, seconds)
        elif found := _ITERATION.search(line):
            self._iteration = int(found[1])
            if found := _TEST.search(line):
                self._test = int(found[1])
            elif found := _RATE.search(line):
                self._rates[self._iteration] = float(found[1])

    def _output(self, found: re.Match[str], seconds: float) -> None:
        kind, name, value, rest = found.groups()
        assert self._iteration is not None
        tests = self.log.tests
        rows = self.log.train if kind == "Train" else tests.setdefault(self._test, [])
        if not rows or rows[-1].iteration != self._iteration:
            rows.append(Row(self._iteration, seconds))
        rows[-1].outputs[name] = float(value)
        if rest.startswith(" (*"):
            self.log.losses.add(name)

    def fill_rates(self) -> None:
        """Give each row the rate that was told for its iteration, or else last before it."""
        told = sorted(self._rates)
        for rows in (self.log.train, *self.log.tests.values()):
            for row in rows:
                place = bisect_right(told, row.iteration)
                if place:
                    row.rate = self._rates[told[place - 1]]


class _Clock:
    """Seconds since the run began, from the time at the start of each line."""

    def __init__(self):
        self._start: datetime | None = None
        self._now: datetime | None = None
        self._years = 0  # passed since the first line, where lines tell no year

    def read(self, line: str) -> float:
        """The time of this line, or of the last one that had any."""
        found = _TIME.match(line)
        if found:
            with suppress(ValueError):  # it may look like a time and be none
                self._now = self._moment(*found.groups())
            self._start = self._start or self._now
        if self._now is None or self._start is None:
            return 0.0
        return (self._now - self._start).total_seconds()

    def begin(self) -> None:
        """Count from the line just read."""
        self._start = self._now

    def _moment(self, year: str | None, *parts: str) -> datetime:
        month, day, hour, minute = map(int, parts[:-1])
        second, _, fraction = parts[-1].partition(".")
        microsecond = int(f"{fraction:0<6}"[:6])
        # 2000 was a leap year: any day can be said.
        years = int(year) if year else 2000 + self._years
        moment = datetime(years, month, day, hour, minute, int(second), microsecond)
        if not year and self._now and (self._now - moment).days > 180:
            self._years += 1
            return self._moment(year, *parts)
        return moment
