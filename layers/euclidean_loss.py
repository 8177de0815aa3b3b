"""EuclideanLoss: squared distance, for regression."""

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from .families.loss import LossLayer


@register("EuclideanLoss")
class EuclideanLoss(LossLayer):
    """loss = sum (a - b)^2 / (2 N).

    bottom[0]  a (N, ...)
    bottom[1]  b (N, ...), as many numbers as a; both have a gradient
    top[0]     loss, shape ()

    Source: Caffe's EuclideanLossLayer.
    """

    differentiable = (0, 1)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._difference = Blob(bottom[0].shape, self.dtype)

    def loss(self, bottom: Blobs) -> Array:
        a, b, difference = bottom[0].data, bottom[1].data, self._difference.data
        np.subtract(a, b.reshape(a.shape), out=difference)
        return np.vdot(difference, difference) / (2 * len(a))

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        scale = factor / len(bottom[0].data)
        for blob, wanted, sign in zip(bottom, self.propagate_down, (1, -1), strict=True):
            if wanted:
                difference = self._difference.data.reshape(blob.shape)
                np.multiply(difference, sign * scale, out=blob.diff)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=["(a - b) * (a - b)"],
            item_loss="0.5 * s[0]",
            slopes=["a - b", "b - a"],
            divisor=bottom[0].shape[0],
        )
