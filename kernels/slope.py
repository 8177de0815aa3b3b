"""What a ReLU after another operation does: Slope."""

from typing import Any, NamedTuple

import numpy as np


class Ceiling(NamedTuple):
    """y = min(max(x, 0), limit), in the place of a slope for what is below 0."""

    limit: float


Slope = float | Ceiling


def rectify(y: Any, slope: Slope) -> None:
    """Apply it to an array, in place."""
    if isinstance(slope, Ceiling):
        np.clip(y, 0, slope.limit, out=y)
    else:
        np.multiply(y, slope, out=y, where=y < 0)
