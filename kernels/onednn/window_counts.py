"""How many places lie under each window of a pooling."""

import numpy as np

from ...core import Array, Window
from ...core.window import Sizes
from .errors import PlanningError


def window_counts(size: Sizes, window: Window, out: Sizes, count_padding: bool) -> Array:
    """Under each of the `out` windows: places in x, or in x and its padding."""
    counts = np.ones((), int)
    for n, k, s, p, o in zip(size, window.kernel, window.stride, window.pad, out, strict=True):
        margin = p if count_padding else 0
        starts = np.arange(o) * s - p
        along = np.minimum(starts + k, n + margin) - np.maximum(starts, -margin)
        counts = np.multiply.outer(counts, np.maximum(along, 0))
    return counts


def check_every_window_sees_x(size: Sizes, window: Window, out: Sizes) -> None:
    """Raise PlanningError for windows over padding alone, of which oneDNN makes what it likes."""
    if not window_counts(size, window, out, count_padding=False).all():
        raise PlanningError(f"oneDNN: windows {window} see only padding around {tuple(size)}")
