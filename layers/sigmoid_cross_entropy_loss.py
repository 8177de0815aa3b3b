"""SigmoidCrossEntropyLoss: cross-entropy of independent yes-or-no scores."""

from ..core import Array, Blob, Blobs, Shape, register
from ..proto.caffe_pb2 import LossParameter
from .families.fold import per_item
from .families.loss import LossLayer


@register("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(LossLayer):
    """loss = - sum [t log p + (1 - t) log(1 - p)] / normalizer, p = sigmoid(x).

    bottom[0]  scores x (N, ...)
    bottom[1]  targets t in [0, 1] (N, ...), as many numbers as x
    top[0]     loss, shape ()

    Targets that, cut to a whole number, equal ignore_label count for nothing. The normalizer is,
    but at least 1: BATCH_SIZE N, VALID the number of targets not ignored, FULL of all targets,
    NONE 1, PRE_FIXED pre_fixed_normalizer; normalize: true says VALID.

    Prototxt: loss_param { ignore_label: (none)  normalization: BATCH_SIZE }
    Source: Caffe's SigmoidCrossEntropyLossLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._normalization = self.normalization(default=LossParameter.BATCH_SIZE)
        self._ignore_label = self.ignore_label()

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._folded = per_item(bottom[0].shape)
        self._terms = Blob(bottom[0].shape, self.dtype, self.xp)
        self._scratch = Blob(bottom[0].shape, self.dtype, self.xp)
        self._ignored: Array | None = None
        self._valid = bottom[0].count

    def loss(self, bottom: Blobs) -> Array:
        xp, (x, t) = self.xp, self._scores_and_targets(bottom)
        if self._ignore_label is not None:
            self._ignored = xp.trunc(t) == self._ignore_label
            self._valid = x.size - xp.count_nonzero(self._ignored)
        # log(1 + exp(-|x|)) + x ((x >= 0) - t): no exp of anything above 0, so no overflow.
        terms, rest = self._terms.data, self._scratch.data
        xp.abs(x, out=terms)
        xp.negative(terms, out=terms)
        xp.exp(terms, out=terms)
        xp.log1p(terms, out=terms)
        xp.greater_equal(x, 0, out=rest)
        rest -= t
        rest *= x
        terms += rest
        if self._ignored is not None:
            terms[self._ignored] = 0
        return terms.sum() / self._normalizer()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        xp, dx, (x, t) = self.xp, bottom[0].diff, self._scores_and_targets(bottom)
        # The sigmoid, by way of tanh, which cannot overflow.
        xp.multiply(x, 0.5, out=dx)
        xp.tanh(dx, out=dx)
        dx *= 0.5
        dx += 0.5
        dx -= t
        dx *= factor / self._normalizer()
        if self._ignored is not None:
            dx[self._ignored] = 0

    def _scores_and_targets(self, bottom: Blobs) -> tuple[Array, Array]:
        x = bottom[0].data
        return x, bottom[1].data.reshape(x.shape)

    def _normalizer(self) -> Array:
        return self.normalizer(self._normalization, *self._folded, self._valid)
