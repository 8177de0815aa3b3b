"""SoftmaxLossLayer: losses of scores that a softmax makes probabilities of classes."""

from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Shape
from ...kernels import gpu
from .axis_softmax import AxisSoftmax
from .class_labels import ClassLabels, WrongLabel, check_label_count
from .fold import fold
from .loss import LossLayer


class SoftmaxLossLayer(LossLayer):
    """A loss with a softmax inside.

    bottom[0]  scores (N, C, ...); the classes are on the axis that axis_field names
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    top[0]     loss, shape ()
    top[1]     optional: the probabilities, shape of the scores; no gradient comes back through it

    Labels equal to loss_param.ignore_label count for nothing: classify() reads the labels and
    computes the probabilities, zero_ignored() clears gradients. Folded arrays are
    (outer, C, inner). gpu_formulas are the arguments of gpu.ClassLoss that make it this loss.
    """

    top_count = range(1, 3)
    axis_field = "softmax_param.axis"

    labels: ClassLabels
    folded: tuple[int, int, int]

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_probabilities = tops == 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, labels = bottom_shapes[:2]
        self.check_items([scores, labels])
        check_label_count(self, labels, scores, self.class_axis(scores))
        return [(), scores] if self._gives_probabilities else [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        scores = bottom[0].shape
        self.folded = fold(scores, self.class_axis(scores))
        self.labels = ClassLabels(self, self.folded, self.ignore_label())
        self._softmax = AxisSoftmax(self.dtype, self.folded, self.workspace)
        self._probabilities = Blob(scores, self.dtype)
        if self._gives_probabilities:
            top[1].share_data(self._probabilities)

    def gpu_formulas(self) -> dict[str, Any]:
        """term, slope and others of gpu.ClassLoss."""
        raise NotImplementedError

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        scores, ignored = bottom[0].shape, self.ignore_label()
        axis = self.class_axis(scores)
        outer, classes, inner = fold(scores, axis)
        divisor = self.gpu_divisor(self.normalization(), outer, inner)
        labels = ignored, WrongLabel(self, bottom[1], classes)
        return gpu.ClassLoss(context, scores, axis, labels, divisor, **self.gpu_formulas())

    def class_axis(self, scores: Shape) -> int:
        """The axis of the classes in scores of this shape."""
        message, field = self.axis_field.split(".")
        axis = getattr(getattr(self.param, message), field)
        return self.canonical_axis(axis, len(scores), self.axis_field)

    def classify(self, bottom: Blobs) -> Array:
        """Read the labels and give the probabilities, folded."""
        self.labels.read(bottom[1].data)
        self._softmax.forward(bottom[0].data, self._probabilities.data)
        return self.probabilities

    @property
    def probabilities(self) -> Array:
        """What classify() gave last, folded."""
        return self._probabilities.data.reshape(self.folded)

    def divisor(self) -> Array:
        """What the sum over the labels last read is to be divided by."""
        outer, _, inner = self.folded
        return self.normalizer(self.normalization(), outer, inner, self.labels.count)

    def zero_ignored(self, gradient: Array) -> None:
        """Clear a folded gradient where the label is ignored."""
        if self.labels.ignored is not None:
            np.copyto(gradient, 0, where=self.labels.ignored[:, None])
