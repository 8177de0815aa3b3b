"""Factories of what looks rows, classes and labels up."""

from math import prod

from ... import numba
from .. import thresholds


def prepare_add_rows(count: int):
    """table[numbers[i]] += rows[i] for two-dimensional tables; None where array code is as fast."""
    if count < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.rows import add_rows

    return add_rows


def prepare_count_not_less(folded: tuple[int, int, int]):
    """counts (outer, inner) of x (outer, size, inner) that are not less than right (outer, inner).

    A function of x, right, counts; None where array code is as fast.
    """
    if prod(folded) < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.rows import count_not_less

    return count_not_less


def prepare_labels(folded: tuple[int, int, int], ignore_label: int | None):
    """Reads labels of places of scores (outer, size, inner); None where array code is as fast.

    read(labels) gives the first place whose label is no class, or -1, and the number of labels
    that are not ignored, having written to `classes`, `places` and `ignored` what ClassLabels says
    """
    if folded[0] * folded[2] < thresholds.FEW_LABELS or not numba.available():
        return None
    from ...numba.labels import Labels

    return Labels(folded, ignore_label)
