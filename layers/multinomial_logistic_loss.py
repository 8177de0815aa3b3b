"""MultinomialLogisticLoss: cross-entropy of probabilities."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.class_labels import ClassLabels, WrongLabel, check_label_count
from .families.fold import fold, per_item
from .families.loss import LossLayer

_LEAST_PROBABILITY = 1e-20


@register("MultinomialLogisticLoss")
class MultinomialLogisticLoss(LossLayer):
    """loss = - sum_n log p_n,label / N.

    bottom[0]  p (N, C), or (N, ...) with C numbers an item: probabilities, as of a Softmax
    bottom[1]  labels (N), whole numbers in [0, C)
    top[0]     loss, shape ()

    SoftmaxWithLoss does the same to scores, and is the better behaved of the two.

    Source: Caffe's MultinomialLogisticLossLayer; probabilities are at least 1e-20 there.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        scores, labels = bottom_shapes
        check_label_count(self, labels, per_item(scores), axis=1)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._labels = ClassLabels(self, fold(per_item(bottom[0].shape), 1))

    def loss(self, bottom: Blobs) -> Array:
        self._labels.read(bottom[1].data)
        return -np.log(self._right(bottom)).sum() / len(bottom[0].data)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        dx = bottom[0].diff
        dx[...] = 0
        dx.reshape(-1)[self._labels.places] = -factor / len(dx) / self._right(bottom)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        items, classes = per_item(bottom[0].shape)
        return gpu.ClassLoss(
            context,
            (items, classes),
            None,
            (None, WrongLabel(self, bottom[1], classes)),
            float(items),
            term="-logf(p)",
            slope="-1.f / p",
            gradient="is_label ? slope : 0.f",
            least=_LEAST_PROBABILITY,
            takes_softmax=False,
        )

    def _right(self, bottom: Blobs) -> Array:
        """The probability of each item's own class."""
        return np.maximum(bottom[0].data.reshape(-1)[self._labels.places], _LEAST_PROBABILITY)
