"""SigmoidCrossEntropyLoss: cross-entropy of independent yes-or-no scores."""

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import LossParameter
from .families.fold import per_item
from .families.loss import LossLayer

_PIECE = 1 << 14  # numbers: what is computed from them stays in the cache


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
        count = bottom[0].count
        self._pieces = [slice(i, i + _PIECE) for i in range(0, count, _PIECE)]
        self._scratch = [Blob((min(count, _PIECE),), self.dtype) for _ in range(2)]
        self._valid: Array = count

    def loss(self, bottom: Blobs) -> Array:
        all_x, all_t = self._scores_and_targets(bottom)
        total, ignored = 0.0, 0
        for piece in self._pieces:
            x, t = all_x[piece], all_t[piece]
            terms = self._terms(x, t)
            if self._ignore_label is not None:
                is_ignored = np.trunc(t) == self._ignore_label
                terms[is_ignored] = 0
                ignored += np.count_nonzero(is_ignored)
            total += terms.sum(dtype="float64")
        self._valid = bottom[0].count - ignored
        return total / self._normalizer()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        all_x, all_t = self._scores_and_targets(bottom)
        all_dx, scale = bottom[0].diff.reshape(-1), factor / self._normalizer()
        for piece in self._pieces:
            x, t, dx = all_x[piece], all_t[piece], all_dx[piece]
            # The sigmoid, by way of tanh, which cannot overflow.
            np.multiply(x, 0.5, out=dx)
            np.tanh(dx, out=dx)
            dx *= 0.5
            dx += 0.5
            dx -= t
            dx *= scale
            if self._ignore_label is not None:
                dx[np.trunc(t) == self._ignore_label] = 0

    def _terms(self, x: Array, t: Array) -> Array:
        """log(1 + exp(-|x|)) + x ((x >= 0) - t): no exp of anything above 0, so no overflow."""
        terms, rest = (blob.data[: x.size] for blob in self._scratch)
        np.abs(x, out=terms)
        np.negative(terms, out=terms)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        np.greater_equal(x, 0, out=rest)
        rest -= t
        rest *= x
        terms += rest
        return terms

    def _scores_and_targets(self, bottom: Blobs) -> tuple[Array, Array]:
        return bottom[0].data.reshape(-1), bottom[1].data.reshape(-1)

    def _normalizer(self) -> Array:
        return self.normalizer(self._normalization, *self._folded, self._valid)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        divisor = self.gpu_divisor(self._normalization, *per_item(bottom[0].shape))
        ignored = self._ignore_label
        counts = "true" if ignored is None else f"truncf(b) != {ignored}"
        valid = "1.0" if divisor is not None else "fmax(s[1], 1.0)"
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=[
                f"{counts} ? log1pf(expf(-fabsf(a))) + a * ((a >= 0 ? 1.f : 0.f) - b) : 0.f",
                counts,
            ],
            item_loss=f"s[0] / {valid}",
            keeps=[f"1.0 / {valid}"],
            slopes=[f"{counts} ? f[0] * (sigmoid(a) - b) : 0.f"],
            divisor=divisor or 1.0,
        )
