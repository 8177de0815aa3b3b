"""Numbers of 16 bits as devices store them: float16, and bfloat16 as the uint16 of its bits.

NumPy has no bfloat16: the upper half of a float32.
"""

import numpy as np

HALVES = {"float16": "float16", "bfloat16": "uint16"}  # how arrays on a device store them


def rounded(numbers: np.ndarray, stored: np.dtype) -> np.ndarray:
    """float32 numbers as they are stored, rounded to the nearest, ties to even."""
    if stored != np.uint16:
        with np.errstate(over="ignore"):
            return numbers.astype(stored)
    bits = numbers.view(np.uint32)
    up = (bits >> 16 & 1) + np.uint32(0x7FFF)
    halves = ((bits + up) >> 16).astype(np.uint16)
    # Rounding could make infinity of a NaN; quiet ones stay NaN.
    nan = np.isnan(numbers)
    halves[nan] = (bits[nan] >> 16).astype(np.uint16) | np.uint16(0x40)
    return halves


def widened(stored: np.ndarray) -> np.ndarray:
    """The float32 numbers that are stored."""
    if stored.dtype != np.uint16:
        return stored.astype(np.float32)
    return (stored.astype(np.uint32) << 16).view(np.float32)
