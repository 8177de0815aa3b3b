"""Accuracy: how often the right class is among the best scores."""

from typing import Any

import numpy as np

from ..core import Array, Blob, Blobs, Layer, Shape, register
from ..kernels import cpu, gpu
from .families.class_labels import ClassLabels, WrongLabel, check_label_count
from .families.fold import fold


@register("Accuracy")
class Accuracy(Layer):
    """accuracy = the share of labels whose score is among the top_k best.

    bottom[0]  scores (N, C, ...); the classes are on axis
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    top[0]     accuracy, shape ()
    top[1]     optional: accuracy of each class (C); 0 for one that no label names

    A score that equals that of the right class counts as better, and so does nan. Labels equal to
    ignore_label are left out; with none left the accuracy is 0. Has no backward pass.

    Prototxt: accuracy_param { top_k: 1  axis: 1  ignore_label: (none) }
    Source: Caffe's AccuracyLayer, which takes a diverged net, all scores nan, to be right.
    """

    bottom_count = 2
    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_classes = tops == 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, labels = bottom_shapes
        axis = self._axis(scores)
        check_label_count(self, labels, scores, axis)
        top_k, classes = self.param.accuracy_param.top_k, scores[axis]
        if not 1 <= top_k <= classes:
            raise self.error(
                f"accuracy_param.top_k: {top_k} must be at least 1 and at most the number of "
                f"classes, {classes}"
            )
        return [(), (classes,)] if self._gives_classes else [()]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        shape = bottom[0].shape
        self._folded = fold(shape, self._axis(shape))
        self._labels = ClassLabels(self, self._folded, self._ignore_label())
        self._is_less = Blob(self._folded, bool)
        outer, _, inner = self._folded
        self._counts = Blob((outer, inner), "int32")
        self._count_not_less: Any = cpu.prepare_count_not_less(self._folded)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        labels, (outer, classes, inner) = self._labels, self._folded
        labels.read(bottom[1].data)
        scores = bottom[0].data.reshape(self._folded)
        right = scores.reshape(-1)[labels.places].reshape(outer, inner)
        # Nothing is less than itself, so the right class is among those not less.
        hits = self._rank(scores, right) <= self.param.accuracy_param.top_k
        valid = np.ones_like(hits) if labels.ignored is None else ~labels.ignored
        hits &= valid
        top[0].data[...] = hits.sum() / np.maximum(labels.count, 1)
        if self._gives_classes:
            found, total = (
                np.bincount(labels.classes, weights=mask.ravel(), minlength=classes)
                for mask in (hits, valid)
            )
            top[1].data[...] = found / np.maximum(total, 1)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if any(self.propagate_down):
            return None  # backward_cpu says why it cannot
        scores, top_k = bottom[0].shape, self.param.accuracy_param.top_k
        axis = self._axis(scores)
        labels = self._ignore_label(), WrongLabel(self, bottom[1], scores[axis])
        return gpu.Accuracy(context, scores, axis, labels, top_k, self._gives_classes)

    def _ignore_label(self) -> int | None:
        param = self.param.accuracy_param
        return param.ignore_label if param.HasField("ignore_label") else None

    def _rank(self, scores: Array, right: Array) -> Array:
        """How many scores are not less than the right one at each place, (outer, inner)."""
        if self._count_not_less:
            self._count_not_less(scores, right, self._counts.data)
            return self._counts.data
        np.less(scores, right[:, None], out=self._is_less.data)
        return scores.shape[1] - self._is_less.data.sum(axis=1)

    def _axis(self, scores: Shape) -> int:
        return self.canonical_axis(
            self.param.accuracy_param.axis, len(scores), "accuracy_param.axis"
        )
