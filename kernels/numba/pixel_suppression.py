"""Non-maximum suppression of boxes in pixels, one kept box at a time, in one pass over the rest."""

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy")


def suppress(boxes, threshold: float, most: int) -> np.ndarray:
    """Which boxes (N, 4), best first, to keep: at most `most`. families/pixel_boxes.py says how."""
    kept = np.empty(min(most, len(boxes)), np.int64)
    corners = np.ascontiguousarray(boxes.T)
    return kept[: _suppress(corners, np.zeros(len(boxes), np.bool_), threshold, kept)]


@_compiled
def _suppress(corners, is_gone, threshold, kept):
    x1, y1, x2, y2 = corners
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    count = 0
    for i in range(len(areas)):
        if count == len(kept):
            break
        if is_gone[i]:
            continue
        kept[count] = i
        count += 1
        for j in range(i + 1, len(areas)):
            width = max(min(x2[i], x2[j]) - max(x1[i], x1[j]) + 1, 0)
            height = max(min(y2[i], y2[j]) - max(y1[i], y1[j]) + 1, 0)
            common = width * height
            is_gone[j] |= not common <= threshold * (areas[i] + areas[j] - common)
    return count
