"""YoloDetections: what turns the boxes that YOLO predicts into a list of detections."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core import ONE_OR_MORE, Blobs, Layer, Shape
from ...kernels import gpu
from .center_boxes import corners, suppress
from .elementwise import silently


class Candidates(NamedTuple):
    """Boxes of a batch that are sure enough."""

    items: np.ndarray  # (n) of which image
    labels: np.ndarray  # (n) classes
    confidences: np.ndarray  # (n)
    boxes: np.ndarray  # (n, 4): x, y, w, h, relative to the image


class YoloDetections(Layer):
    """Rows of image, class + 1, confidence, left, top, right, bottom, relative to the image.

    bottom[i]  predictions (N, num (5 + classes), H, W) of a grid
    top        detections (1, 1, n, 7), by image and falling confidence

    Of each image a box goes that overlaps one of higher confidence, of whatever class, by
    nms_threshold or more. Where no image has any, there is a row for each: its number and six
    times -1. Forward sets the size of the top. A subclass gives the candidates, and sets

        softmax                 whether only the likeliest class of a box counts, if its confidence
                                reaches the threshold; else each does that is above
        anchors, scales         of each grid: widths and heights (num, 2) in an image that is so
                                many times as large as the grid
        confidence_threshold    what makes a candidate
        nms_threshold           what overlaps too much
    """

    bottom_count: int | range = ONE_OR_MORE
    shapes_vary = True
    softmax: bool
    num: int
    num_classes: int
    anchors: Sequence[np.ndarray]
    scales: Sequence[int]
    confidence_threshold: float
    nms_threshold: float

    def candidates(self, grid: int, p: np.ndarray) -> Candidates:
        """The boxes of a grid, by number, from its predictions (N, num, 5 + classes, H, W)."""
        raise NotImplementedError

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        wanted = self.num * (5 + self.num_classes)
        for i, shape in enumerate(bottom_shapes):
            if len(shape) != 4 or shape[1] != wanted or shape[0] != bottom_shapes[0][0]:
                raise self.error(
                    f"bottom[{i}] has shape {shape}; needs (N, {wanted}, H, W): 5 + num_classes "
                    f"({self.num_classes}) channels for each of num_box ({self.num}) boxes, and "
                    "as many images as bottom[0]"
                )
        return [(1, 1, 1, 7)]

    def _grid(self, shape: Shape) -> Shape:
        """The shape (N, num, 5 + classes, H, W) of predictions."""
        return (shape[0], self.num, 5 + self.num_classes, *shape[2:])

    def allows_force_backward(self, index: int) -> bool:
        return False

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        # Where something is wrong, the host says so.
        if any(self.propagate_down) or self.num_classes < 1:
            return None
        grids = [
            gpu.YoloGrid(context, anchors, self.num_classes, scale)
            for anchors, scale in zip(self.anchors, self.scales, strict=True)
        ]
        return gpu.YoloDetections(
            *(context, grids, [blob.shape for blob in bottom]),
            softmax=self.softmax,
            least=self.confidence_threshold,
            threshold=self.nms_threshold,
        )

    @silently
    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        grids = [
            self.candidates(i, blob.data.reshape(self._grid(blob.shape)))
            for i, blob in enumerate(bottom)
        ]
        found = Candidates(*(np.concatenate(parts) for parts in zip(*grids, strict=True)))
        images = len(bottom[0].data)
        rows = [row for item in range(images) for row in self._rows(found, item)]
        if not rows:
            rows = [[item, *[-1] * 6] for item in range(images)]
        top[0].reshape(1, 1, len(rows), 7)
        if rows:  # else there is no image either
            top[0].data[...] = rows

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")

    def _rows(self, found: Candidates, item: int) -> Iterator[list[Any]]:
        here = np.flatnonzero(found.items == item)
        here = here[np.argsort(-found.confidences[here], kind="stable")]
        here = here[suppress(found.boxes[here], self.nms_threshold)]
        for i in here:
            box = corners(found.boxes[i])
            yield [item, found.labels[i] + 1, found.confidences[i], *box]
