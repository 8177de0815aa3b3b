"""YoloGrid: the boxes that the cells of a grid predict, as kernels are told of them."""

from typing import Any

import numpy as np

from ...core import Blob
from .context import Context


class YoloGrid:
    """What yolo_boxes.cuh needs of predictions (N, num (5 + classes), H, W).

    anchors  (num, 2): widths and heights, in an image `scale` times as large as the grid
    """

    def __init__(self, context: Context, anchors: np.ndarray, classes: int, scale: int = 1):
        self.num, self.classes = len(anchors), classes
        self._anchors = context.constants(np.ascontiguousarray(anchors, np.float32))
        self._scale = scale

    def arguments(self, predictions: Blob) -> tuple[Any, ...]:
        """What kernels begin with."""
        h, w = predictions.shape[2:]
        stride = 1 if predictions.channels_last else h * w
        image = float(h * self._scale), float(w * self._scale)
        sizes = self.num, self.classes, h, w, stride, *image
        return predictions.gpu_data, self._anchors, *sizes
