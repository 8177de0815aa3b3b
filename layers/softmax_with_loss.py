"""SoftmaxWithLoss: cross-entropy of scores, for classification."""

from ..core import Array, Blob, Blobs, Shape, register
from .families.axis_softmax import AxisSoftmax
from .families.class_labels import ClassLabels, check_label_count
from .families.fold import fold
from .families.loss import LossLayer

# FLT_MIN: the loss of one label is never above 87.3365, as long-time users know.
_LEAST_PROBABILITY = 1.17549435e-38


@register("SoftmaxWithLoss")
class SoftmaxWithLoss(LossLayer):
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

    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_probabilities = tops == 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._normalization = self.normalization()
        self._weights_of_classes = self._class_weights(bottom_shapes[0])

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        scores, labels = bottom_shapes
        check_label_count(self, labels, scores, self._axis(scores))
        return [(), scores] if self._gives_probabilities else [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        scores = bottom[0].shape
        self._folded = fold(scores, self._axis(scores))
        self._softmax = AxisSoftmax(self.xp, self.dtype, self._folded)
        self._labels = ClassLabels(self, self._folded, self.ignore_label())
        self._probabilities = Blob(scores, self.dtype, self.xp)
        if self._gives_probabilities:
            top[1].share_data(self._probabilities)

    def loss(self, bottom: Blobs) -> Array:
        xp, labels, p = self.xp, self._labels, self._probabilities.data
        labels.read(bottom[1].data)
        self._softmax.forward(bottom[0].data, p)
        terms = xp.log(xp.maximum(p.reshape(-1)[labels.places], _LEAST_PROBABILITY))
        if self._weights_of_classes is not None:
            terms *= self._weights_of_classes[labels.classes]
        if labels.ignored is not None:
            terms[labels.ignored.ravel()] = 0
        return -terms.sum() / self._normalizer()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        labels, p, dx = self._labels, self._probabilities.data, bottom[0].diff
        scale = factor / self._normalizer()
        self.xp.multiply(p, scale, out=dx)
        dx.reshape(-1)[labels.places] -= scale
        dx = dx.reshape(self._folded)
        if self._weights_of_classes is not None:
            outer, _, inner = self._folded
            dx *= self._weights_of_classes[labels.classes].reshape(outer, 1, inner)
        if labels.ignored is not None:
            self.xp.copyto(dx, 0, where=labels.ignored[:, None])

    def _normalizer(self) -> Array:
        outer, _, inner = self._folded
        return self.normalizer(self._normalization, outer, inner, self._labels.count)

    def _axis(self, scores: Shape) -> int:
        return self.canonical_axis(self.param.softmax_param.axis, len(scores), "softmax_param.axis")

    def _class_weights(self, scores: Shape) -> Array | None:
        param, classes = self.param.loss_param, scores[self._axis(scores)]
        if not param.weight_by_label_freqs:
            return None
        if len(param.class_weighting) != classes:
            raise self.error(
                f"loss_param.class_weighting has {len(param.class_weighting)} numbers; "
                f"weight_by_label_freqs needs one for each of the {classes} classes"
            )
        return self.xp.asarray(list(param.class_weighting), self.dtype)
