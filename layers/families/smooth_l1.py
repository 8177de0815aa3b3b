"""SmoothL1LossLayer: what SmoothL1Loss and SmoothL1LossOHEM share."""

import numpy as np

from ...core import Array, Blob, Blobs, Shape
from ...kernels import gpu
from .loss import LossLayer


class SmoothL1LossLayer(LossLayer):
    """The terms of a sum of f(w (a - b)), and their gradients.

    f(d) = (sigma d)^2 / 2 where |d| < 1 / sigma^2, else |d| - 1 / (2 sigma^2).

    bottom[0]  a (N, ...)
    bottom[1]  b (N, ...), as many numbers as a; both have a gradient
    bottom[2]  optional: w, as many numbers as a; its gradient is 0
    """

    # Weights come from layers that stand below learned ones, and then have to have a gradient.
    differentiable = (0, 1, 2, 3)
    sigma = 1.0

    def allows_force_backward(self, index: int) -> bool:
        return index < 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        for other in bottom_shapes[1:]:
            self.check_sizes([bottom_shapes[0], other])
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._difference = Blob(bottom[0].shape, self.dtype)

    def terms(self, bottom: Blobs) -> Array:
        """f(w (a - b)), of the shape of a."""
        d = self._difference.data
        np.subtract(bottom[0].data, bottom[1].data.reshape(d.shape), out=d)
        if len(bottom) > 2:
            d *= bottom[2].data.reshape(d.shape)
        size, square = np.abs(d), self.sigma**2
        bent = np.minimum(size, 1 / square)
        return square * bent * (size - bent / 2)

    def write_term_gradients(self, factors: Array, bottom: Blobs) -> None:
        """Write the diffs of all bottoms, each term times its factor."""
        d = self._difference.data
        slope = np.clip(d * self.sigma**2, -1, 1)
        slope *= factors
        if len(bottom) > 2:
            slope *= bottom[2].data.reshape(d.shape)
        for blob, wanted, sign in zip(bottom, self.propagate_down, (1, -1, 0, 0), strict=False):
            if wanted and sign:
                np.multiply(slope.reshape(blob.shape), sign, out=blob.diff)
            elif wanted:
                blob.diff[...] = 0

    def gpu_terms(self, context: gpu.Context, bottom: Blobs, divisor: float) -> gpu.Kernel:
        """The kernel for a GPU of the sum of the terms, and of each place's for a second top."""
        bent = "(size > q ? q : size)"
        term = f"d * p * {bent} * (size - {bent} * 0.5f)"
        slope = "(size < q ? p * gap : gap > 0 ? 1.f : gap < 0 ? -1.f : gap)"
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            let="const float gap = c * (a - b), size = fabsf(gap);",
            sums=[term],
            item_loss="s[0]",
            slopes=[f"d * c * {slope}", f"-d * c * {slope}"],
            each=term,
            numbers=[self.sigma**2, 1 / self.sigma**2],
            divisor=divisor,
        )
