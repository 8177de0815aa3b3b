"""SoftmaxWithLoss: cross-entropy of scores, for classification."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from .families.softmax_loss import SoftmaxLossLayer

# FLT_MIN: the loss of one label is never above 87.3365, as long-time users know.
_LEAST_PROBABILITY = 1.17549435e-38


@register("SoftmaxWithLoss")
class SoftmaxWithLoss(SoftmaxLossLayer):
    """loss = - sum log p_label / normalizer, p = softmax of the scores.

    bottom[0]  scores (N, C, ...); the classes are on axis
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    top[0]     loss, shape ()
    top[1]     optional: p, the shape of the scores; no gradient comes back through it

    Labels equal to ignore_label count for nothing. The normalizer is, but at least 1: FULL all
    labels, VALID those not ignored, BATCH_SIZE N, NONE 1, PRE_FIXED pre_fixed_normalizer. The
    older `normalize` says VALID or, if false, BATCH_SIZE. With weight_by_label_freqs, each term is
    multiplied by class_weighting of its label; the normalizer stays.

    Prototxt: softmax_param { axis: 1 }
              loss_param { ignore_label: (none)  normalization: VALID
                           weight_by_label_freqs: false  class_weighting: (one per class) }
    Source: Caffe's SoftmaxWithLossLayer; class weights: SegNet's; PRE_FIXED: Intel's.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._class_weights = self._read_class_weights(bottom_shapes[0])

    def loss(self, bottom: Blobs) -> Array:
        p, labels = self.classify(bottom), self.labels
        terms = np.log(np.maximum(p.reshape(-1)[labels.places], _LEAST_PROBABILITY))
        if self._class_weights is not None:
            terms *= self._class_weights[labels.classes]
        if labels.ignored is not None:
            terms[labels.ignored.ravel()] = 0
        return -terms.sum() / self.divisor()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        dx, scale = bottom[0].diff.reshape(self.folded), factor / self.divisor()
        np.multiply(self.probabilities, scale, out=dx)
        dx.reshape(-1)[self.labels.places] -= scale
        if self._class_weights is not None:
            outer, _, inner = self.folded
            dx *= self._class_weights[self.labels.classes].reshape(outer, 1, inner)
        self.zero_ignored(dx)

    def gpu_formulas(self) -> dict[str, Any]:
        return {"term": "-logf(p)", "weights": self._class_weights}

    def _read_class_weights(self, scores: Shape) -> Array | None:
        param, classes = self.param.loss_param, scores[self.class_axis(scores)]
        if not param.weight_by_label_freqs:
            return None
        if len(param.class_weighting) != classes:
            raise self.error(
                f"loss_param.class_weighting has {len(param.class_weighting)} numbers; "
                f"weight_by_label_freqs needs one for each of the {classes} classes"
            )
        return np.asarray(list(param.class_weighting), self.dtype)
