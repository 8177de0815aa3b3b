"""Labels of many places: cut to whole numbers, checked, and where their scores are, in one pass."""

from math import trunc

import numpy as np
from numba import njit

from ...core import Array

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class Labels:
    """What kernels.cpu's prepare_labels says."""

    def __init__(self, folded: tuple[int, int, int], ignore_label: int | None):
        self._folded = folded
        self._ignore_label = ignore_label
        outer, _, inner = folded
        self.classes: Array = np.zeros(outer * inner, np.int64)
        self.places: Array = np.zeros(outer * inner, np.int64)
        self.ignored: Array = np.zeros((outer, inner), bool)

    def read(self, labels) -> tuple[int, int]:
        """Give the first place whose label is no class, or -1, and how many are not ignored."""
        ignores, ignored = self._ignore_label is not None, self.ignored.reshape(-1)
        return _read(
            labels.reshape(-1),
            *self._folded[1:],
            ignores,
            self._ignore_label or 0,
            self.classes,
            self.places,
            ignored,
        )


@_compiled
def _read(labels, size, inner, ignores, ignore_label, classes, places, ignored):
    valid, first = 0, 0
    for start in range(0, len(labels), inner):
        for i in range(inner):
            label = labels[start + i]
            is_class = label > -1 and label < size
            whole = trunc(label) if is_class else 0
            is_ignored = ignores and np.trunc(label) == ignore_label
            if not (is_class or is_ignored):
                return start + i, 0
            ignored[start + i] = is_ignored
            classes[start + i] = 0 if is_ignored else whole
            places[start + i] = classes[start + i] * inner + first + i
            valid += not is_ignored
        first += size * inner
    return -1, valid
