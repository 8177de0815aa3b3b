"""SoftmaxWithLossOHEM: SoftmaxWithLoss that also tells the loss of each label."""

from typing import Any

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from .families.softmax_loss import SoftmaxLossLayer

# FLT_MIN, as in SoftmaxWithLoss.
_LEAST_PROBABILITY = 1.17549435e-38


@register("SoftmaxWithLossOHEM")
class SoftmaxWithLossOHEM(SoftmaxLossLayer):
    """loss = - sum log p_label / normalizer, p = softmax of the scores.

    bottom[0]  scores (N, C, ...); the classes are on axis
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    top[0]     loss, shape ()
    top[1]     optional: p, the shape of the scores
    top[2]     optional: - log p_label of each label, not divided, 0 where it is ignored; the
               shape of the labels if they have as many axes as the scores, else that of the
               scores with one class

    No gradient comes back through top[1] and top[2]. Labels equal to ignore_label count for
    nothing. The normalizer is that of SoftmaxWithLoss.

    Prototxt: softmax_param { axis: 1 }
              loss_param { ignore_label: (none)  normalization: VALID }
    Source: Dai et al., "R-FCN", NIPS 2016, and its Caffe.
    """

    top_count = range(1, 4)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_probabilities = tops >= 2
        self._tells_each = tops == 3

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shapes = super().infer_shapes(bottom_shapes)
        scores, labels = bottom_shapes
        axis = self.class_axis(scores)
        one_class = (*scores[:axis], 1, *scores[axis + 1 :])
        if self._tells_each:
            shapes.append(labels if len(labels) == len(scores) else one_class)
        return shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._terms = Blob(bottom[1].shape, self.dtype)
        if self._tells_each:
            top[2].share_data(self._terms)

    def loss(self, bottom: Blobs) -> Array:
        p, terms = self.classify(bottom), self._terms.data.reshape(-1)
        np.maximum(p.reshape(-1)[self.labels.places], _LEAST_PROBABILITY, out=terms)
        np.log(terms, out=terms)
        np.negative(terms, out=terms)
        if self.labels.ignored is not None:
            terms[self.labels.ignored.ravel()] = 0
        return terms.sum() / self.divisor()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        dx, scale = bottom[0].diff.reshape(self.folded), factor / self.divisor()
        np.multiply(self.probabilities, scale, out=dx)
        dx.reshape(-1)[self.labels.places] -= scale
        self.zero_ignored(dx)

    def gpu_formulas(self) -> dict[str, Any]:
        return {"term": "-logf(p)"}
