"""EvalDetection: which of YOLO's detections are right."""

from typing import NamedTuple

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..proto.caffe_pb2 import EvalDetectionParameter
from .families.annotations import are_annotations, center_truths
from .families.center_boxes import overlap, suppress
from .families.elementwise import silently
from .families.fold import per_part
from .families.yolo_loss import predicted_boxes

_LEAST_SCORE = 0.005  # of what NMS leaves, in the second version


class _Found(NamedTuple):
    labels: np.ndarray  # (n) classes
    scores: np.ndarray  # (n)
    boxes: np.ndarray  # (n, 4): x, y, w, h


class _True(NamedTuple):
    labels: np.ndarray
    boxes: np.ndarray
    difficult: np.ndarray  # (n) bool


@register("EvalDetection")
class EvalDetection(Layer):
    """y = for each image, how often each class occurs, then a row for each detection.

    bottom[0]  predictions. With biases, YOLO's second version: (N, num_object (5 + num_class),
               side, side), as RegionLoss learns them. Without, its first: (N, (num_class +
               5 num_object) side^2): by cell, the classes' probabilities, the objects' scores,
               and x, y, w, h of each object
    bottom[1]  truths. With biases (N, 5 T), rows of class, x, y, w, h, ended by x = 0; without
               (N, 7 side^2): by cell, difficult, whether there is one, its class, then x, y, w, h
               of each. With biases also (1, 1, T, 8), as AnnotatedData gives them
    bottom[2]  optional, not read
    top        (N, num_class + 4 side^2 num_object): counts of the classes, not of difficult ones;
               then label, score, right and wrong of each detection, by class and falling score,
               and 0 behind the last

    A detection is right if it overlaps the nearest truth of its class by threshold or more and no
    better one did, wrong if not; of a difficult one, neither. With nms 0 or above, a box goes that
    overlaps a better one, of whatever class, by so much. score_type: OBJ is the object's score,
    PROB the best class's, MULTIPLY their product. The first version takes w and h as square roots
    (sqrt), and x and y within the cell (constriant). Has no backward pass.

    Prototxt: eval_detection_param { side: 7  num_class: 20  num_object: 2  threshold: 0.5
              nms: -1  score_type: MULTIPLY  sqrt: true  constriant: true  biases (none) }
    Source: Redmon et al., "You Only Look Once", CVPR 2016, "YOLO9000", CVPR 2017; the
            EvalDetectionLayers of hojel's and gklz1982's Caffe.
    """

    bottom_count = range(2, 4)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.eval_detection_param
        self._is_second = len(param.biases) > 0
        if self._is_second and len(param.biases) != 2 * param.num_object:
            raise self.error(
                f"eval_detection_param.biases: has {len(param.biases)} numbers; needs two for each "
                f"of num_object ({param.num_object}) boxes, or none for YOLO's first version"
            )
        self._anchors = np.array(param.biases, self.dtype).reshape(-1, 2)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        param, (predictions, truths) = self.param.eval_detection_param, bottom_shapes[:2]
        cells = param.side**2
        wanted = cells * (param.num_class + 5 * param.num_object)
        if self._is_second:
            wanted = cells * param.num_object * (param.num_class + 5)
        sizes = [int(np.prod(shape[1:])) for shape in (predictions, truths)]
        if sizes[0] != wanted:
            raise self.error(
                f"bottom[0] has shape {predictions}, {sizes[0]} numbers per image; side "
                f"{param.side}, num_class {param.num_class} and num_object {param.num_object} "
                f"make {wanted}"
            )
        is_annotated = self._is_second and are_annotations(truths)
        fits = sizes[1] % 5 == 0 if self._is_second else sizes[1] == 7 * cells
        if not is_annotated and (truths[:1] != predictions[:1] or not fits):
            needed = "rows of 5 numbers" if self._is_second else f"{7 * cells} numbers"
            raise self.error(
                f"bottom[1] has shape {truths}; needs {needed} for each of {predictions[0]} images"
            )
        return [(predictions[0], param.num_class + 4 * cells * param.num_object)]

    def allows_force_backward(self, index: int) -> bool:
        return False

    @silently
    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        param, y = self.param.eval_detection_param, top[0].data
        y[...] = 0
        read_found = self._second_found if self._is_second else self._first_found
        truths = self._truths(bottom)
        for item, (predictions, true) in enumerate(zip(bottom[0].data, truths, strict=True)):
            found = self._chosen(read_found(predictions))
            counted = true.labels[~true.difficult]
            wrong = (counted < 0) | (counted >= param.num_class)
            if wrong.any():
                raise self.error(
                    f"bottom[1], item {item}: class {counted[wrong][0]} is outside "
                    f"[0, {param.num_class}), num_class"
                )
            y[item, : param.num_class] = np.bincount(counted, minlength=param.num_class)
            rows = self._rows(found, true)
            y[item, param.num_class : param.num_class + rows.size] = rows.ravel()

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")

    def _truths(self, bottom: Blobs) -> list[_True]:
        """The truths of each image."""
        labels, images = bottom[1].data, len(bottom[0].data)
        if not self._is_second:
            return [self._first_true(numbers) for numbers in labels]
        if are_annotations(labels.shape):
            rows = center_truths(labels, images)
        else:
            rows = [_until_end(numbers) for numbers in labels.reshape(per_part(labels.shape, 5))]
        return [_True(row[:, 0].astype(int), row[:, 1:], np.zeros(len(row), bool)) for row in rows]

    def _chosen(self, found: _Found) -> _Found:
        """The detections that count, by class and falling score."""
        param = self.param.eval_detection_param
        order = np.argsort(-found.scores, kind="stable")
        if param.nms >= 0:
            order = order[suppress(found.boxes[order], param.nms)]
            if self._is_second:
                order = order[found.scores[order] >= _LEAST_SCORE]
        order = order[np.argsort(found.labels[order], kind="stable")]
        return _Found(*(part[order] for part in found))

    def _rows(self, found: _Found, true: _True) -> np.ndarray:
        """Label, score, right and wrong of each detection, (n, 4)."""
        rows = np.zeros((len(found.labels), 4), self.dtype)
        rows[:, 0], rows[:, 1] = found.labels, found.scores
        taken = np.zeros(len(true.labels), bool)
        for row, label, box in zip(rows, found.labels, found.boxes, strict=True):
            same = np.flatnonzero(true.labels == label)
            shared = overlap(box, true.boxes[same])
            best = same[shared.argmax()] if len(same) else -1
            if best < 0 or shared.max() < self.param.eval_detection_param.threshold:
                row[3] = 1
            elif not true.difficult[best]:
                row[2:] = (0, 1) if taken[best] else (1, 0)
                taken[best] = True
        return rows

    def _score(self, objectness: np.ndarray, probability: np.ndarray) -> np.ndarray:
        return {
            EvalDetectionParameter.OBJ: objectness,
            EvalDetectionParameter.PROB: probability,
            EvalDetectionParameter.MULTIPLY: objectness * probability,
        }[self.param.eval_detection_param.score_type]

    def _second_found(self, x: np.ndarray) -> _Found:
        param = self.param.eval_detection_param
        p = x.reshape(1, param.num_object, -1, param.side, param.side).copy()
        for scores in (p[:, :, :2], p[:, :, 4]):
            scores[...] = 1 / (1 + np.exp(-scores))
        classes = np.exp(p[0, :, 5:] - p[0, :, 5:].max(axis=1, keepdims=True))
        probability = classes.max(axis=1) / classes.sum(axis=1)
        # By cell, then by box.
        score = self._score(p[0, :, 4], probability).transpose(1, 2, 0)
        labels = classes.argmax(axis=1).transpose(1, 2, 0)
        boxes = predicted_boxes(p, self._anchors)[0].transpose(1, 2, 0, 3)
        return _Found(labels.ravel(), score.ravel(), boxes.reshape(-1, 4))

    def _first_found(self, x: np.ndarray) -> _Found:
        param = self.param.eval_detection_param
        side, objects = param.side, param.num_object
        x = x.reshape(-1, side * side)
        classes, rest = x[: param.num_class], x[param.num_class :]
        boxes = rest[objects:].reshape(objects, 4, side * side).transpose(2, 0, 1).copy()
        if param.constriant:
            cells = np.arange(side * side)
            boxes[:, :, 0] = (boxes[:, :, 0] + (cells % side)[:, None]) / side
            boxes[:, :, 1] = (boxes[:, :, 1] + (cells // side)[:, None]) / side
        if param.sqrt:
            boxes[:, :, 2:] **= 2
        labels = classes.argmax(axis=0)[:, None].repeat(objects, axis=1)
        score = self._score(rest[:objects].T, classes.max(axis=0)[:, None].repeat(objects, axis=1))
        return _Found(labels.ravel(), score.ravel(), boxes.reshape(-1, 4))

    def _first_true(self, truths: np.ndarray) -> _True:
        flags, boxes = truths.ravel()[: 3 * self._cells], truths.ravel()[3 * self._cells :]
        difficult, there, labels = flags.reshape(3, -1)
        there = there != 0
        return _True(labels[there].astype(int), boxes.reshape(-1, 4)[there], difficult[there] == 1)

    @property
    def _cells(self) -> int:
        return self.param.eval_detection_param.side**2


def _until_end(rows: np.ndarray) -> np.ndarray:
    """The rows before the first with x 0."""
    ends = np.flatnonzero(rows[:, 1] == 0)
    return rows[: ends[0]] if len(ends) else rows
