"""SegAccuracy: how much of the labelled pixels a segmentation gets right."""

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register


@register("SegAccuracy")
class SegAccuracy(Layer):
    """y = (pixel accuracy, class accuracy, intersection over union), of a confusion matrix.

    bottom[0]  scores (N, C, H, W)
    bottom[1]  labels (N, 1, H, W) or (N, H, W), whole numbers in [0, C)
    top        y (1, 1, 1, 3)

    With m[i, j] pixels of class i that are taken for class j, the class of the best score, the
    last one of equals: sum m[i, i] / sum m; the mean, over the classes that occur, of
    m[i, i] / sum_j m[i, j]; the mean, over all classes, of m[i, i] / (the pixels that are i, or
    taken for i), which is 1 for a class that neither occurs nor is taken for.

    Labels equal to an ignore_label count for nothing, and none of the three is above 0 where
    no label counts. With reset: false the matrix goes on from batch to batch. The metric is not
    read: y has all three. Has no backward pass.

    Prototxt: seg_accuracy_param { ignore_label: (none, one or several)  reset: true }
    Source: DeepLab's and PSPNet's SegAccuracyLayer.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, labels = bottom_shapes
        if len(scores) != 4:
            raise self.error(f"needs scores (N, C, H, W) as bottom[0], got shape {scores}")
        n, _, *size = scores
        if labels not in ((n, 1, *size), (n, *size)):
            raise self.error(
                f"labels of shape {labels} do not fit scores of shape {scores}: there must be one "
                f"per pixel, so shape {(n, 1, *size)}"
            )
        return [(1, 1, 1, 3)]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        classes = bottom[0].shape[1]
        ignored = list(self.param.seg_accuracy_param.ignore_label)
        self._ignored = np.asarray(ignored, "float64")
        known = getattr(self, "_confusion", None)
        if known is None or len(known) != classes:
            self._confusion = np.zeros((classes, classes), "int64")

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if self.param.seg_accuracy_param.reset:
            self._confusion[...] = 0
        self._count(bottom[0].data, bottom[1].data)
        matrix = self._confusion
        right, of_class, taken = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        either = of_class + taken - right
        occurs = of_class > 0
        recall = np.where(occurs, right / np.maximum(of_class, 1), 0).sum()
        overlap = np.where(either > 0, right / np.maximum(either, 1), 1).mean()
        total = np.maximum(matrix.sum(), 1)
        accuracies = (right.sum() / total, recall / np.maximum(occurs.sum(), 1), overlap)
        for i, accuracy in enumerate(accuracies):
            top[0].data[..., i] = accuracy

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")

    def state(self) -> dict[str, list[list[int]]]:
        if self.param.seg_accuracy_param.reset:
            return {}
        return {"confusion": self._confusion.tolist()}

    def restore(self, state: dict[str, list[list[int]]]) -> None:
        if state:
            self._confusion = np.asarray(state["confusion"], "int64")

    def _count(self, scores: Array, labels: Array) -> None:
        """Add the pixels of a batch to the matrix."""
        classes = scores.shape[1]
        best = classes - 1 - scores[:, ::-1].argmax(axis=1)
        labels = np.trunc(labels.reshape(best.shape))
        valid = ~np.isin(labels, self._ignored)
        wrong = valid & ~((labels >= 0) & (labels < classes))
        if wrong.any():
            n, h, w = (int(axis[0]) for axis in np.nonzero(wrong))
            raise self.error(
                f"label {float(labels[n, h, w]):g} of item {n} at {[h, w]} is outside "
                f"[0, {classes}), the classes that bottom[0] has scores for; if it is to be left "
                "out, say so in seg_accuracy_param.ignore_label",
                item=n,
            )
        pairs = labels[valid].astype("int64") * classes + best[valid]
        counts = np.bincount(pairs, minlength=classes * classes)
        self._confusion += counts.reshape(classes, classes)
