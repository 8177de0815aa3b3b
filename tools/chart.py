"""Charts: curves in panels one below the other, drawn by matplotlib without a screen."""

import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core import optional
from ..proto import ConfigError, write_file

_FORMATS = ("png", "svg", "pdf")
_WIDE_RANGE = 100  # largest by smallest value from which on an axis is logarithmic
_MANY = 60  # points from which on a noisy curve is smoothed


@dataclass
class Curve:
    """Values over iterations or seconds."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    is_noisy: bool = False  # then drawn faint, with its running mean
    is_sparse: bool = False  # then every point is marked


@dataclass
class Panel:
    """What is drawn into one pair of axes."""

    title: str
    curves: list[Curve] = field(default_factory=list)


def write_chart(path: str | os.PathLike, panels: Sequence[Panel], x_title: str) -> None:
    """Draw the panels that have curves into a .png, .svg or .pdf; ConfigError without matplotlib.

    The file is whole at any time: who looks at it while it is drawn anew sees the old one.
    """
    kind = picture_format(path)
    figure_module = optional.load("matplotlib.figure", "plot", "drawing a chart")
    panels = [panel for panel in panels if panel.curves]
    if not panels:
        raise ConfigError(f"{path}: there is nothing to draw")
    figure = figure_module.Figure(figsize=(8, 0.6 + 2.6 * len(panels)), layout="constrained")
    for axes, panel in zip(
        np.ravel(figure.subplots(len(panels), sharex=True)), panels, strict=True
    ):
        _draw(axes, panel)
    figure.axes[-1].set_xlabel(x_title)
    image = io.BytesIO()
    figure.savefig(image, format=kind, dpi=110)
    write_file(path, [image.getbuffer()])


def picture_format(path: str | os.PathLike) -> str:
    """ "png", "svg" or "pdf", from the name of a file; ConfigError for any other."""
    kind = Path(path).suffix.removeprefix(".").lower()
    if kind not in _FORMATS:
        raise ConfigError(f"{path}: pictures are written as .png, .svg or .pdf, by the file's name")
    return kind


def _draw(axes, panel: Panel) -> None:
    for i, curve in enumerate(panel.curves):
        color, y = f"C{i % 10}", np.asarray(curve.y, float)
        smooths = curve.is_noisy and len(y) > _MANY
        marker = "o" if curve.is_sparse and len(y) <= _MANY or len(y) == 1 else ""
        alpha = 0.25 if smooths else 1.0
        label = None if smooths else curve.label
        style = {"color": color, "marker": marker, "markersize": 3, "linewidth": 1.4}
        axes.plot(curve.x, y, alpha=alpha, label=label, **style)
        if smooths:
            axes.plot(curve.x, _running_mean(y, len(y) // 40 + 1), label=curve.label, **style)
    values = [v for curve in panel.curves for v in curve.y if math.isfinite(v)]
    if values and min(values) > 0 and max(values) > _WIDE_RANGE * min(values):
        axes.set_yscale("log")
    axes.set_ylabel(panel.title)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _running_mean(y: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` values, or of as many as there are so far."""
    sums = np.cumsum(np.concatenate([[0.0], y]))
    ends = np.arange(1, len(y) + 1)
    starts = np.maximum(ends - window, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)
