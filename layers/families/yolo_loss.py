"""YoloLoss: what the losses of YOLO's second and third version share."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core import Blob, Blobs, Shape
from ...kernels import gpu
from ...kernels.gpu.yolo_grid import YoloGrid
from ...kernels.gpu.yolo_rule import YoloRule
from ...proto import ConfigError
from .annotations import are_annotations, center_truths
from .elementwise import silently
from .fold import per_part
from .loss import LossLayer

_FIELDS = 5  # a row of a truth: class, x, y, w, h


class YoloLoss(LossLayer):
    """A loss of boxes that the cells of a grid predict.

    bottom[0]  predictions (N, num (5 + num_class), H, W): for each of num boxes of a cell
               x, y, w, h, objectness, and a score for each class
    bottom[1]  truths (N, 5 T) or of any shape with 5 T numbers per item: rows of class, x, y, w,
               h, relative to the image, of which a row with w 0 is the first that does not count;
               or (1, 1, T, 8), as AnnotatedData gives them
    top[0]     the loss, shape ()

    As in Darknet, what is written to bottom[0].diff is no derivative of the loss: it is a
    delta for each number, chosen by the rules of a subclass, divided by N; and the loss is made of
    the squares of those deltas. A subclass implements

        deltas(p, truths)   give the deltas, shape of p, and the loss of the batch; p are the
                            predictions, (N, num, 5 + num_class, H, W), past activate()
        activate(p)         turn scores into probabilities, in place
        gpu_grid(context), gpu_rule(context)    what a GPU is told of the boxes and the deltas
    """

    num: int
    num_class: int

    def activate(self, p: np.ndarray) -> None:
        """Turn the scores among the predictions into probabilities, in place."""
        raise NotImplementedError

    def deltas(self, p: np.ndarray, truths: list[np.ndarray]) -> tuple[np.ndarray, float]:
        """The deltas, and the loss of the batch; truths are (t, 5) for each item."""
        raise NotImplementedError

    def gpu_grid(self, context: gpu.Context) -> YoloGrid:
        """Where the boxes are, on a GPU."""
        raise NotImplementedError

    def gpu_rule(self, context: gpu.Context) -> YoloRule:
        """How the deltas come about on a GPU."""
        raise NotImplementedError

    def read_anchors(self, param: Any, name: str) -> np.ndarray:
        """The widths and heights in the field biases, (anchors, 2)."""
        if not param.biases or len(param.biases) % 2:
            raise self.error(
                f"{name}.biases: has {len(param.biases)} numbers; needs two for each anchor, its "
                "width and its height"
            )
        anchors = np.array(param.biases, self.dtype).reshape(-1, 2)
        if (anchors <= 0).any():
            raise self.error(f"{name}.biases: {anchors.min():g} must be above 0")
        return anchors

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        predictions, truths = bottom_shapes
        wanted = self.num * (_FIELDS + self.num_class)
        if len(predictions) != 4 or predictions[1] != wanted:
            raise self.error(
                f"bottom[0] has shape {predictions}; needs (N, {wanted}, H, W): 5 + num_class "
                f"({self.num_class}) channels for each of num ({self.num}) boxes"
            )
        if are_annotations(truths):
            return [()]
        self.check_items(bottom_shapes)
        if int(np.prod(truths[1:])) % _FIELDS:
            raise self.error(
                f"bottom[1] has shape {truths}; needs rows of 5 numbers: class, x, y, w, h"
            )
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        n, c, h, w = bottom[0].shape
        self._by_box = (n, self.num, c // self.num, h, w)

    @silently
    def loss(self, bottom: Blobs) -> Any:
        p = bottom[0].data.reshape(self._by_box).copy()
        self.activate(p)
        self._deltas, loss = self.deltas(p, self._truths(bottom[1], len(p)))
        return loss / max(len(p), 1)

    def write_gradients(self, factor: Any, bottom: Blobs) -> None:
        dx = bottom[0].diff.reshape(self._by_box)
        np.multiply(self._deltas, factor / max(len(dx), 1), out=dx)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        predictions, self._labels = bottom
        if 0 in predictions.shape[1:]:
            return None  # the host says that a truth has no cell
        marked, self._items = are_annotations(self._labels.shape), predictions.shape[0]
        truths = gpu.TruthList(
            *(context, self._labels.count // (8 if marked else _FIELDS), self._items),
            *(self.num_class, marked, self._explain),
        )
        boxes = predictions.count // (_FIELDS + self.num_class)
        rule, grid = self.gpu_rule(context), self.gpu_grid(context)
        return gpu.YoloLoss(context, rule, grid, truths, boxes)

    # What a subclass calls.

    def cell_of(self, truth: np.ndarray, size: tuple[int, int]) -> tuple[int, int]:
        """The row and column of the cell that holds a truth's centre."""
        h, w = size
        return min(int(truth[2] * h), h - 1), min(int(truth[1] * w), w - 1)

    def _explain(self, item: int) -> ConfigError:
        """Why an item has a truth that cannot be."""
        try:
            self._truths(self._labels, self._items)
        except ConfigError as problem:
            return problem
        return self.error(
            f"bottom[1], item {item}: had a truth whose class or box cannot be in a batch since "
            "the loss was last read; display: 1 in the solver tells which",
            item=item,
        )

    def _truths(self, blob: Blob, items: int) -> list[np.ndarray]:
        labels = blob.data
        if are_annotations(labels.shape):
            rows = center_truths(labels, items)
        else:
            rows = map(_until_end, labels.reshape(per_part(labels.shape, _FIELDS)))
        return [self._check(truths, item) for item, truths in enumerate(rows)]

    def _check(self, truths: np.ndarray, item: int) -> np.ndarray:
        for problem in self._problems(truths):
            raise self.error(f"bottom[1], item {item}: {problem}", item=item)
        return truths

    def _problems(self, truths: np.ndarray) -> Iterator[str]:
        for i, (label, x, y, w, h) in enumerate(truths):
            if not 0 <= label < self.num_class:
                yield f"truth {i} has class {label:g}, outside [0, {self.num_class}), num_class"
            if not (0 <= x <= 1 and 0 <= y <= 1 and w > 0 and h > 0):
                yield (
                    f"truth {i} is a box of centre ({x:g}, {y:g}) and size ({w:g}, {h:g}); all "
                    "four are parts of the image, the centre between 0 and 1, the size above 0"
                )


def predicted_boxes(
    p: np.ndarray, anchors: np.ndarray, image: tuple[float, float] | None = None
) -> np.ndarray:
    """Boxes (N, num, H, W, 4), relative to the image, that p (N, num, 4 or more, H, W) holds.

    p[:, :, :2] are places in the cell, past a sigmoid. The anchors are measured in an image of
    size (height, width), by default in cells.
    """
    h, w = p.shape[-2:]
    height, width = image or (h, w)
    anchors = anchors[:, :, None, None]
    return np.stack(
        [
            (np.arange(w, dtype=p.dtype) + p[:, :, 0]) / p.dtype.type(w),
            (np.arange(h, dtype=p.dtype)[:, None] + p[:, :, 1]) / p.dtype.type(h),
            np.exp(p[:, :, 2]) * anchors[:, 0] / p.dtype.type(width),
            np.exp(p[:, :, 3]) * anchors[:, 1] / p.dtype.type(height),
        ],
        axis=-1,
    )


def _until_end(rows: np.ndarray) -> np.ndarray:
    """The rows before the first with w 0."""
    ends = np.flatnonzero(rows[:, 3] == 0)
    return rows[: ends[0]] if len(ends) else rows
