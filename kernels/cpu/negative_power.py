"""x^-beta for whole arrays, without the slow general power where roots will do."""

from collections.abc import Callable
from typing import Any

import numpy as np


def negative_power(beta: float) -> Callable[..., Any]:
    """The function power(x, out) that writes x^-beta to out, for x > 0;
    out is another array than x."""
    if beta == 0.75:
        return _power_three_quarters

    def power(x, out):
        return np.power(x, -beta, out=out)

    return power


def _power_three_quarters(x, out):
    np.sqrt(x, out=out)
    out *= x
    np.sqrt(out, out=out)
    return np.reciprocal(out, out=out)
