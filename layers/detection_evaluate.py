"""DetectionEvaluate: which of the objects that a detector found are there."""

from typing import Any

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..core.boxes import overlaps
from ..data.naming import naming
from ..proto import ConfigError
from .families.ground_truth import ROW, GroundTruth, Objects
from .families.image_sizes import NamedSize, read_name_sizes, to_pixels

_DETECTION = 7  # item in batch, label, score, xmin, ymin, xmax, ymax


@register("DetectionEvaluate")
class DetectionEvaluate(Layer):
    """Rows that an average precision is computed from: objects by class, then every detection.

    bottom[0]  detections (1, 1, n, 7), as DetectionOutput gives them
    bottom[1]  objects (1, 1, m, 8), as AnnotatedData gives them
    top        (1, 1, num_classes - 1 + detections, 5): for each class but the background -1,
               label, number of objects, -1, -1; then for each detection item, label, score, and
               1, 0 if it is right or 0, 1 if it is wrong

    A detection is right if it overlaps the nearest object of its class in its image by
    overlap_threshold, and none with a higher score did before. With evaluate_difficult_gt: false
    difficult objects are not counted, and their detections are neither right nor wrong: 0, 0. With
    name_size_file, boxes are compared in pixels of the images; resize_param says what made the
    net's input of them. A net with such a top is tested with the solver's eval_type: "detection".

    Prototxt: detection_evaluate_param { num_classes  background_label_id: 0
              overlap_threshold: 0.5  evaluate_difficult_gt: true  name_size_file, resize_param }
    Source: the DetectionEvaluateLayer of SSD's Caffe.
    """

    bottom_count = 2
    shapes_vary = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self._param = self.param.detection_evaluate_param
        if param.num_classes < 1:
            raise self.error(
                "detection_evaluate_param.num_classes: is required; it counts the background"
            )
        if param.overlap_threshold <= 0:
            raise self.error(
                f"detection_evaluate_param.overlap_threshold: {param.overlap_threshold:g} must be "
                "above 0"
            )
        self._truth = GroundTruth(self, param.num_classes, param.background_label_id)
        self._labels = [
            label for label in range(param.num_classes) if label != param.background_label_id
        ]
        self._images: list[NamedSize] = []
        self._seen = 0
        if param.name_size_file:
            try:
                with naming("detection_evaluate_param.name_size_file"):
                    self._images = read_name_sizes(param.name_size_file)
            except ConfigError as problem:
                raise self.error(str(problem)) from None

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        for i, columns in enumerate((_DETECTION, ROW)):
            shape = bottom_shapes[i]
            if len(shape) != 4 or shape[:2] != (1, 1) or shape[3] != columns:
                raise self.error(f"bottom[{i}] must be (1, 1, n, {columns}), got shape {shape}")
        return [(1, 1, len(self._labels) + bottom_shapes[0][2], 5)]

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        found = bottom[0].data.reshape(-1, _DETECTION)
        found = found[(found[:, 0] != -1) & (found[:, 1] != -1)]
        self._check(found)
        objects = self._truth.read(bottom[1].data)
        rows = [self._counts(objects)]
        for item in np.unique(found[:, 0]).astype(int):
            of_item = found[found[:, 0] == item]
            for label in np.unique(of_item[:, 1]).astype(int):
                mine = of_item[of_item[:, 1] == label]
                there = objects[item].of_class(label) if item in objects else None
                rows.append(self._judge(mine, there, item))
        self._count_images(bottom)
        result = np.concatenate(rows)
        top[0].reshape(1, 1, *result.shape)
        top[0].data[...] = result

    def allows_force_backward(self, index: int) -> bool:
        return False

    def _counts(self, objects: dict[int, Objects]) -> Any:
        """How many objects there are of each class, as rows (classes, 5)."""
        rows = np.full((len(self._labels), 5), -1.0)
        rows[:, 1], rows[:, 2] = self._labels, 0
        for some in objects.values():
            counted = some.labels
            if not self._param.evaluate_difficult_gt:
                counted = counted[~some.difficult]
            rows[:, 2] += (counted == rows[:, 1:2]).sum(axis=1)
        return rows

    def _judge(self, found: Any, objects: Objects | None, item: int) -> Any:
        """The rows (n, 5) of the detections of one class in one image."""
        rows = np.zeros((len(found), 5))
        if objects is None or not len(objects):
            rows[:, :3], rows[:, 4] = found[:, :3], 1
            return rows
        found = found[np.argsort(-found[:, 2], kind="stable")]
        rows[:, :3] = found[:, :3]
        together = self._overlaps(found[:, 3:], objects.boxes, item)
        nearest, visited = together.argmax(axis=1), set()
        for row, place, overlap in zip(rows, nearest.tolist(), together.max(axis=1), strict=True):
            if overlap < self._param.overlap_threshold:
                row[4] = 1
            elif self._param.evaluate_difficult_gt or not objects.difficult[place]:
                row[3 if place not in visited else 4] = 1
                visited.add(place)
        return rows

    def _overlaps(self, found: Any, boxes: Any, item: int) -> Any:
        """How far each detection overlaps each object, (detections, objects)."""
        if not self._images:
            return overlaps(found[:, None], boxes)
        image = self._images[(self._seen + item) % len(self._images)]
        resize = self._param.resize_param if self._param.HasField("resize_param") else None
        found, boxes = to_pixels(found, image, resize), to_pixels(boxes, image, resize)
        return overlaps(found[:, None], boxes, pixel=1)

    def _count_images(self, bottom: Blobs) -> None:
        """Remember where in name_size_file the next batch begins: an image may have found none."""
        if self._images:
            items = (blob.data[..., 0].max(initial=-1) for blob in bottom)
            self._seen = (self._seen + int(max(items)) + 1) % len(self._images)

    def _check(self, found: Any) -> None:
        labels = found[:, 1]
        wrong = labels == self._param.background_label_id
        # With two classes objects have but one label; detections of others are merely wrong.
        if self._param.num_classes != 2:
            wrong |= ~np.isin(labels, self._labels)
        if wrong.any():
            raise self.error(
                f"bottom[0] has a detection of label {labels[wrong][0]:g}, which is none of the "
                f"{len(self._labels)} classes of objects; is num_classes too small?"
            )
