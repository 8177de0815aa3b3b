"""SegAccuracy: how much of the labelled pixels a segmentation gets right."""

import numpy as np

from ..core import Array, Blob, Blobs, Layer, Shape, register
from ..kernels import gpu
from ..proto import ConfigError


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

    def setup(self, bottom_shapes: list[Shape]) -> None:
        ignored = list(self.param.seg_accuracy_param.ignore_label)
        self._ignored = np.asarray(ignored, "float64")
        self._goes_on = not self.param.seg_accuracy_param.reset
        self._confusion = Blob((0, 0), "int64")

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
        if self._confusion.shape[0] != classes:
            self._confusion = Blob((classes, classes), "int64")

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if any(self.propagate_down):
            return None  # backward_cpu says why it cannot
        self.prepare_kernels(bottom, top)
        if not self._confusion.is_on_gpu:
            self._confusion.live_on(context.gpu.residence)
        self._labels = bottom[1]
        return gpu.SegAccuracy(
            context,
            self._confusion,
            goes_on=self._goes_on,
            ignored=self._ignored.astype(int).tolist(),
            explain=self._wrong_label,
        )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        matrix = self._confusion.data
        if not self._goes_on:
            matrix[...] = 0
        matrix += self._counts(bottom[0].data, bottom[1].data)
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
        return {"confusion": self._confusion.data.tolist()} if self._goes_on else {}

    def restore(self, state: dict[str, list[list[int]]]) -> None:
        if state:
            self._confusion.data[...] = state["confusion"]

    def _counts(self, scores: Array, labels: Array) -> Array:
        """The matrix of a batch."""
        classes = scores.shape[1]
        best = classes - 1 - scores[:, ::-1].argmax(axis=1)
        whole = np.trunc(labels.reshape(best.shape))
        valid = ~np.isin(whole, self._ignored)
        if (valid & _are_wrong(whole, classes)).any():
            raise self._label_error(labels)
        pairs = whole[valid].astype("int64") * classes + best[valid]
        return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)

    def _wrong_label(self, last: int) -> ConfigError:
        """What a kernel on a GPU says of labels: see kernels/gpu/labels.py."""
        return self._label_error(self._labels.data)

    def _label_error(self, labels: Array) -> ConfigError:
        """What to say of the first label that is no class."""
        classes, whole = self._confusion.shape[0], np.trunc(labels)
        wrong = np.argwhere(~np.isin(whole, self._ignored) & _are_wrong(whole, classes))
        if not len(wrong):  # the device was asked later
            return self.error(
                f"a label of a batch since the loss was last read is outside [0, {classes}), the "
                "classes that bottom[0] has scores for; display: 1 in the solver tells which"
            )
        place = tuple(wrong[0].tolist())
        return self.error(
            f"label {float(labels[place]):g} of item {place[0]} at {list(place[-2:])} is outside "
            f"[0, {classes}), the classes that bottom[0] has scores for; if it is to be left out, "
            "say so in seg_accuracy_param.ignore_label",
            item=place[0],
        )


def _are_wrong(labels: Array, classes: int) -> Array:
    return ~((labels >= 0) & (labels < classes))
