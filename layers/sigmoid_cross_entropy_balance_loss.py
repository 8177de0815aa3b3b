"""SigmoidCrossEntropyBalanceLoss: cross-entropy in which a rare edge counts as all the rest."""

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from .families.fold import per_item
from .families.loss import LossLayer


@register("SigmoidCrossEntropyBalanceLoss")
class SigmoidCrossEntropyBalanceLoss(LossLayer):
    """loss = - sum over items of [b sum_1 log p + (1 - b) sum_0 log(1 - p)] / N, p = sigmoid(x).

    bottom[0]  scores x (N, ...)
    bottom[1]  targets (N, ...), 0 or 1, as many numbers as x; others count for nothing
    top[0]     loss, shape ()

    sum_1 and sum_0 run over the places of an item whose target is 1, and 0; b is the share of the
    0 among them.

    Source: Xie and Tu, "Holistically-Nested Edge Detection", ICCV 2015, whose Caffe calls it
            SigmoidCrossEntropyLoss; OSVOS's Caffe calls it by this name.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._folded = per_item(bottom[0].shape)
        self._weights = Blob(self._folded, self.dtype)

    def loss(self, bottom: Blobs) -> Array:
        weights = self._weights.data
        x, t = (blob.data.reshape(self._folded) for blob in bottom)
        is_one, is_zero = t == 1, t == 0
        ones, zeros = (np.count_nonzero(is_, axis=1)[:, None] for is_ in (is_one, is_zero))
        both = np.maximum(ones + zeros, 1)
        weights[...] = np.where(is_one, zeros / both, np.where(is_zero, ones / both, 0))
        # log(1 + exp(-x)) for 1 and log(1 + exp(x)) for 0.
        terms = np.logaddexp(0, np.where(is_one, -x, x))
        terms *= weights
        return terms.sum(dtype="float64") / max(len(x), 1)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        x, t = (blob.data.reshape(self._folded) for blob in bottom)
        dx = bottom[0].diff.reshape(self._folded)
        # The sigmoid, by way of tanh, which cannot overflow.
        np.multiply(x, 0.5, out=dx)
        np.tanh(dx, out=dx)
        dx *= 0.5
        dx += 0.5
        dx -= t
        dx *= self._weights.data
        dx *= factor / max(len(x), 1)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        items = bottom[0].shape[0]
        cost = "softplus(b == 1 ? -a : a)"
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=["b == 1", "b == 0", f"b == 1 ? {cost} : 0.f", f"b == 0 ? {cost} : 0.f"],
            item_loss="(s[1] * s[2] + s[0] * s[3]) / fmax(s[0] + s[1], 1.0)",
            keeps=["s[1] / fmax(s[0] + s[1], 1.0)", "s[0] / fmax(s[0] + s[1], 1.0)"],
            slopes=["(b == 1 ? f[0] : b == 0 ? f[1] : 0.f) * (sigmoid(a) - b)"],
            items=items,
            divisor=max(items, 1),
        )
