"""PriorBox and DetectionOutput of SSD, and of RefineDet: boxes down to those that are kept."""

from collections.abc import Sequence

from ....proto.caffe_pb2 import PriorBoxParameter  # pyright: ignore[reportAttributeAccessIssue]
from ..layer_export import LayerExport
from ..registry import exports

_LOWEST = -3.0e38  # below every score


@exports("PriorBox")
def prior_boxes(e: LayerExport) -> str:
    """A constant: the boxes depend on shapes alone."""
    return e.constant(e.tops_by_shape()[0], "boxes")


@exports("DetectionOutput")
def detections(e: LayerExport) -> str:
    """NonMaxSuppression of decoded boxes for each image, TopK of what it keeps, and their rows."""
    param = e.param.detection_output_param
    if param.nms_param.eta < 1:
        raise e.error(
            f"detection_output_param.nms_param.eta: {param.nms_param.eta:g} makes the threshold "
            "fall; NonMaxSuppression has a fixed one: set it to 1"
        )
    images = e.fixed(e.bottom_shapes[0][0], "the number of images")
    found = _Detector(e)
    rows = [found.rows(i) for i in range(images)]
    return rows_or_nothing(e, rows)


def rows_or_nothing(e: LayerExport, rows: Sequence[str]) -> str:
    """The rows (n, 7) of all images as (1, 1, n, 7); if there are none, one for each that says so.

    rows are those of each image; what says so is its number and six times -1.
    """
    images = len(rows)
    everything = rows[0] if images == 1 else e.node("Concat", *rows, axis=0)
    nothing = e.constant([[i, *[-1] * 6] for i in range(images)], "nothing")
    count = e.node("Slice", e.node("Shape", everything), *(e.integers([n]) for n in (0, 1)))
    is_empty = e.node("Equal", count, e.integers([0]))
    kept = e.node("Where", is_empty, e.integers([images]), count)
    padded = e.node("Concat", everything, nothing, axis=0)
    kept_rows = e.node("Slice", padded, e.integers([0]), kept, e.integers([0]))
    return e.node("Unsqueeze", kept_rows, e.integers([0, 1]))


class _Detector:
    """Boxes and scores of all images, and how the rows of one are made of them."""

    def __init__(self, e: LayerExport):
        self._e, self._param = e, e.param.detection_output_param
        classes, param = self._param.num_classes, self._param
        self._priors = e.bottom_shapes[2][2] // 4
        self._sets = 1 if param.share_location else classes
        self._labels = [label for label in range(classes) if label != param.background_label_id]
        images = e.bottom_shapes[0][0]
        codes = e.reshape(e.bottoms[0], (images, self._priors, self._sets, 4))
        scores = e.reshape(e.bottoms[1], (images, self._priors, classes))
        if len(e.bottoms) > 3:
            scores = self._without_unlikely(scores, images)
        self._scores = self._candidates(e.node("Transpose", scores, perm=[0, 2, 1]))
        boxes = self._decode(*self._anchors(images), codes)
        if param.clip:
            boxes = e.node("Clip", boxes, e.constant(0), e.constant(1))
        self._boxes = e.node("Transpose", boxes, perm=[0, 2, 1, 3])  # (N, sets, P, 4)

    def rows(self, image: int) -> str:
        """What is found in one image: (n, 7), by label and falling score."""
        e = self._e
        boxes = e.cut(self._boxes, 0, image, image + 1)
        scores = e.cut(self._scores, 0, image, image + 1)
        if self._sets == 1:
            boxes = e.reshape(boxes, (1, self._priors, 4))
            rows = self._suppressed(boxes, scores, self._labels, image)
        else:
            rows = e.node("Concat", *self._class_by_class(boxes, scores, image), axis=0)
        return self._best(rows) if self._param.keep_top_k >= 0 else rows

    def _class_by_class(self, boxes: str, scores: str, image: int) -> list[str]:
        e, found = self._e, []
        for i, label in enumerate(self._labels):
            own = e.reshape(e.cut(boxes, 1, label, label + 1), (1, self._priors, 4))
            found.append(self._suppressed(own, e.cut(scores, 1, i, i + 1), [label], image))
        return found

    def _suppressed(self, boxes: str, scores: str, labels: Sequence[int], image: int) -> str:
        """Rows of boxes (1, P, 4) that no better one of their class, of (1, C, P), overlaps."""
        e, param = self._e, self._param
        picks = e.node(
            "NonMaxSuppression",
            *(self._of_true_size(boxes), scores, e.integers([self._priors])),
            *(e.constant([param.nms_param.nms_threshold]), e.constant([self._least_score])),
        )  # (n, 3): image, class, box
        classes, places = (
            e.node("Reshape", e.cut(picks, 1, column, column + 1), e.integers([-1]))
            for column in (1, 2)
        )
        found = e.node("Gather", e.reshape(boxes, (self._priors, 4)), places, axis=0)
        flat = e.node("Reshape", scores, e.integers([-1]))
        number = e.node("Add", e.node("Mul", classes, e.integers([self._priors])), places)
        values = e.node("Gather", flat, number, axis=0)
        names = e.node("Gather", e.constant(labels, "labels"), classes, axis=0)
        columns = [e.node("Reshape", value, e.integers([-1, 1])) for value in (names, values)]
        item = e.node("Add", e.node("Mul", columns[0], e.constant(0)), e.constant(image))
        return e.node("Concat", item, *columns, found, axis=1)

    def _of_true_size(self, boxes: str) -> str:
        """Boxes that overlap none, as in Caffe, where they would end before they begin."""
        e = self._e
        if self._param.code_type == PriorBoxParameter.CENTER_SIZE:
            return boxes
        low, high = e.pieces(boxes, 2, [2, 2])
        return e.node("Concat", low, e.node("Max", low, high), axis=2)

    def _best(self, rows: str) -> str:
        """The keep_top_k rows of the highest scores, in the order that they had."""
        e = self._e
        count = e.node("Slice", e.node("Shape", rows), *(e.integers([n]) for n in (0, 1)))
        kept = e.node("Min", count, e.integers([self._param.keep_top_k]))
        scores = e.node("Reshape", e.cut(rows, 1, 2, 3), e.integers([-1]))
        _, places = e.nodes("TopK", scores, kept, outputs=2, axis=0)
        in_order, _ = e.nodes("TopK", places, kept, outputs=2, axis=0, largest=0)
        return e.node("Gather", rows, in_order, axis=0)

    @property
    def _least_score(self) -> float:
        has_one = self._param.HasField("confidence_threshold")
        return self._param.confidence_threshold if has_one else _LOWEST

    def _candidates(self, scores: str) -> str:
        """Scores (N, C, P) of the classes that count, lowest where they are not among the top_k."""
        e, nms = self._e, self._param.nms_param
        scores = e.node("Gather", scores, e.integers(self._labels), axis=1)
        if not nms.HasField("top_k") or not 0 <= nms.top_k < self._priors:
            return scores
        values, _ = e.nodes("TopK", scores, e.integers([nms.top_k]), outputs=2, axis=2)
        last = e.cut(values, 2, nms.top_k - 1, nms.top_k)
        return e.node("Where", e.node("GreaterOrEqual", scores, last), scores, e.constant(_LOWEST))

    def _without_unlikely(self, scores: str, images: int) -> str:
        """Scores that say background where RefineDet's first stage saw nothing."""
        e, param = self._e, self._param
        both = e.reshape(e.bottoms[3], (images, self._priors, 2))
        unlikely = e.node("Less", e.cut(both, 2, 1, 2), e.constant(param.objectness_score))
        background = param.background_label_id
        nothing = [float(label == background) for label in range(param.num_classes)]
        return e.node("Where", unlikely, e.constant(nothing), scores)

    def _anchors(self, images: int) -> tuple[str, str]:
        """Priors and variances (P, 1, 4) or (N, P, 1, 4); the first stage may have moved them."""
        e, shape = self._e, (1, self._priors, 1, 4)
        both = e.reshape(e.bottoms[2], (2, self._priors, 1, 4))
        priors, variances = (e.reshape(part, shape) for part in e.pieces(both, 0, [1, 1]))
        if len(e.bottoms) > 4:
            moves = e.reshape(e.bottoms[4], (images, self._priors, 1, 4))
            priors = self._decode(priors, variances, moves)
        return priors, variances

    def _decode(self, priors: str, variances: str, codes: str) -> str:
        """The boxes that codes (N, P, sets, 4) make of priors."""
        e, param = self._e, self._param
        if not param.variance_encoded_in_target:
            codes = e.node("Mul", codes, variances)
        if param.code_type == PriorBoxParameter.CORNER:
            return e.node("Add", priors, codes)
        low, high = e.pieces(priors, 3, [2, 2])
        sizes = e.node("Sub", high, low)
        if param.code_type == PriorBoxParameter.CORNER_SIZE:
            return e.node(
                "Add", priors, e.node("Mul", codes, e.node("Concat", sizes, sizes, axis=3))
            )
        moves, factors = e.pieces(codes, 3, [2, 2])
        middle = e.node("Mul", e.node("Add", low, high), e.constant(0.5))
        centres = e.node("Add", middle, e.node("Mul", moves, sizes))
        halves = e.node("Mul", e.node("Mul", e.node("Exp", factors), sizes), e.constant(0.5))
        corners = [e.node(operator, centres, halves) for operator in ("Sub", "Add")]
        return e.node("Concat", *corners, axis=3)
