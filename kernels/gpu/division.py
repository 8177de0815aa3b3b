"""Division of indices by a number that is the same for all: a multiplication and a shift.

Source: Granlund and Montgomery, "Division by Invariant Integers using Multiplication", PLDI 1994.
"""

from typing import Any

import numpy as np


def divisor(d: int) -> tuple[Any, int]:
    """The arguments `factor` and `shift` that quotient(n, factor, shift) of divide.cuh takes.

    They hold for every n from 0 to 2^31 - 1. By 0 nobody divides; it may stand there, though.
    """
    d = max(d, 1)
    bits = (d - 1).bit_length()
    return np.uint32(-(-(1 << 31 + bits) // d)), 31 + bits
