"""Non-maximum suppression of sorted boxes, one pair of boxes after the other."""

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def suppress_sorted(boxes, threshold, eta, kept):
    """What kernels.cpu's prepare_suppression says."""
    count = 0
    places = np.empty(len(boxes), np.int64)
    for i in range(len(boxes)):
        size = _area(boxes[i])
        kept[i] = True
        for k in range(count):
            other = boxes[places[k]]
            width = min(boxes[i, 2], other[2]) - max(boxes[i, 0], other[0])
            height = min(boxes[i, 3], other[3]) - max(boxes[i, 1], other[1])
            if width > 0 and height > 0:
                common = width * height
                if common / (size + _area(other) - common) > threshold:
                    kept[i] = False
                    break
        if kept[i]:
            places[count] = i
            count += 1
            if eta < 1 and threshold > 0.5:
                threshold *= eta


@_compiled
def _area(box):
    width, height = box[2] - box[0], box[3] - box[1]
    return width * height if width >= 0 and height >= 0 else width * 0
