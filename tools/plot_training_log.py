"""Draw the logs of training runs: caffe plot_training_log [CHART_TYPE] OUT.png LOG...

Without CHART_TYPE: the losses, the other outputs of the test nets, and the learning rate.
CHART_TYPE draws one thing as Caffe's script does: test accuracy (0), test loss (2), learning
rate (4) or training loss (6), over iterations; 1, 3, 5 and 7 the same over seconds.
"""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..proto import ConfigError
from .chart import Curve, Panel, picture_format, write_chart
from .flags import FlagParser
from .training_log import Row, TrainingLog, read_training_log

_CHART_TYPES = 8


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("words", metavar="[CHART_TYPE] OUT LOG", nargs="+")
    parser.add_flag("x", "iterations", "what runs to the right", choices=("iterations", "seconds"))


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("plot_training_log", sys.argv[1:], "plot_training_log")


def run(flags: Namespace) -> int:
    """Draw one picture of all the logs."""
    words = list(flags.words)
    chart = int(words.pop(0)) if words[0].isdecimal() else None
    if chart is not None and chart >= _CHART_TYPES:
        raise ConfigError(f"CHART_TYPE: {chart} must be 0 to {_CHART_TYPES - 1}")
    if len(words) < 2:
        raise ConfigError("give the picture to be written, then one or more logs")
    picture, *logs = words
    picture_format(picture)
    over_seconds = flags.x == "seconds" if chart is None else chart % 2 == 1
    panels = training_panels(
        [(Path(path).name, read_training_log(path)) for path in logs], over_seconds
    )
    if chart is not None:
        panels = [_chosen(panels, chart // 2)]
    write_chart(picture, panels, "seconds" if over_seconds else "iterations")
    return 0


def training_panels(logs: list[tuple[str, TrainingLog]], over_seconds: bool = False) -> list[Panel]:
    """Losses, scores and rates of named logs; the names are shown if there are several."""
    loss, score, rate = Panel("loss"), Panel("score"), Panel("learning rate")
    for name, log in logs:
        prefix = f"{name}: " if len(logs) > 1 else ""
        x = _x(over_seconds)
        for output in _outputs(log.train):
            if output in log.losses or len(_outputs(log.train)) == 1:
                curve = _curve(f"{prefix}train {output}", log.train, x, output)
                curve.is_noisy = True
                loss.curves.append(curve)
        for number, rows in log.tests.items():
            which = f"test #{number}" if len(log.tests) > 1 else "test"
            for output in _outputs(rows):
                panel = loss if output in log.losses else score
                curve = _curve(f"{prefix}{which} {output}", rows, x, output)
                curve.is_sparse = True
                panel.curves.append(curve)
        if log.train:
            rates = [row.rate for row in log.train]
            rate.curves.append(Curve(f"{prefix}rate", [x(row) for row in log.train], rates))
    scores = {output for _, log in logs for rows in log.tests.values() for output in _outputs(rows)}
    scores -= {output for _, log in logs for output in log.losses}
    if len(scores) == 1:
        [score.title] = scores
    return [loss, score, rate]


def _x(over_seconds: bool) -> Callable[[Row], float]:
    return (lambda row: row.seconds) if over_seconds else (lambda row: row.iteration)


def _outputs(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.outputs))


def _curve(label: str, rows: list[Row], x: Callable[[Row], float], output: str) -> Curve:
    having = [row for row in rows if output in row.outputs]
    return Curve(label, [x(row) for row in having], [row.outputs[output] for row in having])


def _chosen(panels: list[Panel], which: int) -> Panel:
    loss, score, rate = panels
    if which == 0:
        return score
    if which == 2:
        return rate
    return Panel("loss", [curve for curve in loss.curves if curve.is_noisy == (which == 3)])
