"""Non-maximum suppression of boxes in pixels: each box against those kept before it."""

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy")


def suppress(boxes, threshold: float, most: int) -> np.ndarray:
    """Which boxes (N, 4), best first, to keep: at most `most`. families/pixel_boxes.py says how."""
    kept = np.empty(min(most, len(boxes)), np.int64)
    return kept[: _suppress(np.ascontiguousarray(boxes.T), boxes.dtype.type(threshold), kept)]


@_compiled
def _suppress(corners, threshold, kept):
    x1, y1, x2, y2 = corners
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    count = 0
    for i in range(len(areas)):
        if count == len(kept):
            break
        is_free = True
        for k in range(count):
            other = kept[k]
            width = min(x2[i], x2[other]) - max(x1[i], x1[other]) + 1
            height = min(y2[i], y2[other]) - max(y1[i], y1[other]) + 1
            if width > 0 and height > 0:
                common = width * height
                if not common <= threshold * (areas[i] + areas[other] - common):
                    is_free = False
                    break
        if is_free:
            kept[count] = i
            count += 1
    return count
