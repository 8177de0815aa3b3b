"""What a ReLU after another operation does: Slope."""

from typing import NamedTuple


class Ceiling(NamedTuple):
    """y = min(max(x, 0), limit), in the place of a slope for what is below 0."""

    limit: float


Slope = float | Ceiling
