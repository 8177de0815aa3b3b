"""The detections of YOLO's second and third version, as MobileNet-YOLO's Caffe has them."""

from collections.abc import Sequence

import numpy as np

from ..layer_export import LayerExport
from ..registry import exports
from .detection import rows_or_nothing


@exports("Yolov3DetectionOutput")
def third_version(e: LayerExport) -> str:
    """NonMaxSuppression of pairs of a box and a class, whatever the classes of others."""
    param = e.param.yolov3_detection_output_param
    count, anchors = param.num_box, np.array(param.biases).reshape(-1, 2)[list(param.mask)]
    boxes, scores = [], []
    for i, (x, shape) in enumerate(zip(e.bottoms, e.bottom_shapes, strict=True)):
        image = np.array(shape[2:]) * param.anchors_scale[i]
        own = anchors[i * count : (i + 1) * count]
        grid = _Grid(e, x, shape, own / image[::-1])
        boxes.append(grid.boxes)
        classes = e.node("Sigmoid", grid.classes)
        scores.append(e.node("Mul", classes, e.node("Sigmoid", grid.objectness)))
    all_boxes, all_scores = _joined(e, boxes), _joined(e, scores)
    classes = param.num_classes
    return _detections(e, all_boxes, all_scores, classes, param, param.confidence_threshold)


@exports("YoloDetectionOutput")
def second_version(e: LayerExport) -> str:
    """NonMaxSuppression of boxes, each with its likeliest class."""
    param = e.param.yolo_detection_output_param
    anchors = np.array(param.biases).reshape(-1, 2)
    boxes, scores, labels = [], [], []
    for x, shape in zip(e.bottoms, e.bottom_shapes, strict=True):
        grid = _Grid(e, x, shape, anchors / shape[:1:-1])
        boxes.append(grid.boxes)
        likely = e.reduce("ReduceMax", e.node("Softmax", grid.classes, axis=2), [2])
        scores.append(e.node("Mul", likely, e.node("Sigmoid", grid.objectness)))
        labels.append(e.node("Cast", e.node("ArgMax", grid.classes, axis=2), to=1))
    # A box counts from the threshold on, not from above it.
    least = np.nextafter(np.float32(param.confidence_threshold), np.float32(-1)).item()
    joined = _joined(e, labels)
    return _detections(e, _joined(e, boxes), _joined(e, scores), 1, param, least, joined)


class _Grid:
    """What a grid predicts, cell by cell and there box by box, P boxes in all.

    boxes (N, P, 4) as left, top, right, bottom; objectness (N, P, 1); classes (N, P, C)
    """

    def __init__(self, e: LayerExport, x: str, shape: Sequence[int], anchors: np.ndarray):
        n, channels, h, w = shape
        count = len(anchors)
        places, numbers = h * w * count, channels // count
        split = e.reshape(x, (n, count, numbers, h, w))
        by_box = e.node("Transpose", split, perm=[0, 3, 4, 1, 2])
        flat = e.reshape(by_box, (n, places, numbers))
        moves, sizes, self.objectness, self.classes = e.pieces(flat, 2, [2, 2, 1, numbers - 5])
        rows, columns, _ = np.indices((h, w, count)).reshape(3, -1)
        cells = e.constant(np.stack([columns, rows], axis=1), "cells")
        centres = e.node("Add", e.node("Sigmoid", moves), cells)
        centres = e.node("Div", centres, e.constant([w, h]))
        halves = e.constant(np.tile(anchors / 2, (h * w, 1)), "anchors")
        reach = e.node("Mul", e.node("Exp", sizes), halves)
        corners = [e.node(operator, centres, reach) for operator in ("Sub", "Add")]
        self.boxes = e.node("Concat", *corners, axis=2)


def _joined(e: LayerExport, values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else e.node("Concat", *values, axis=1)


def _detections(
    e: LayerExport,
    boxes: str,
    scores: str,
    classes: int,
    param,
    least: float,
    labels: str = "",
) -> str:
    """Rows of what no better box overlaps; of boxes (N, P, 4) and scores (N, P, classes).

    labels (N, P, 1) name the classes where scores have one for each box.
    """
    images = e.fixed(e.bottom_shapes[0][0], "the number of images")
    places = sum(h * w * param.num_box for _, _, h, w in e.bottom_shapes)
    # A box goes at this overlap, where NonMaxSuppression asks for more.
    most = np.nextafter(np.float32(param.nms_threshold), np.float32(-1)).item()
    rows = []
    for image in range(images):
        own = e.reshape(e.cut(boxes, 0, image, image + 1), (places, 1, 4))
        pairs = e.node("Tile", own, e.integers([1, classes, 1])) if classes > 1 else own
        pairs = e.reshape(pairs, (1, places * classes, 4))
        values = e.reshape(e.cut(scores, 0, image, image + 1), (1, 1, places * classes))
        limits = (e.constant([most]), e.constant([least]))
        number = e.integers([places * classes])
        picks = e.node("NonMaxSuppression", pairs, values, number, *limits)
        kept = e.node("Reshape", e.cut(picks, 1, 2, 3), e.integers([-1]))
        found = e.node("Gather", e.reshape(pairs, (places * classes, 4)), kept, axis=0)
        flat = e.reshape(values, (places * classes, 1))
        confidences = e.node("Gather", flat, kept, axis=0)
        if labels:
            named = e.reshape(e.cut(labels, 0, image, image + 1), (places, 1))
            names = e.node("Gather", named, kept, axis=0)
        else:
            column = e.node("Reshape", kept, e.integers([-1, 1]))
            names = e.node("Cast", e.node("Mod", column, e.integers([classes])), to=1)
        names = e.node("Add", names, e.constant(1))
        item = e.node("Add", e.node("Mul", names, e.constant(0)), e.constant(image))
        rows.append(e.node("Concat", item, names, confidences, found, axis=1))
    return rows_or_nothing(e, rows)
