"""SmoothL1Loss: squared near 0, absolute further out, for the regression of boxes."""

from ..core import Array, Blob, Blobs, Shape, register
from .families.loss import LossLayer


@register("SmoothL1Loss")
class SmoothL1Loss(LossLayer):
    """loss = sum f(a - b) / N, f(d) = d^2 / 2 where |d| < 1, else |d| - 1/2.

    bottom[0]  a (N, ...)
    bottom[1]  b (N, ...), as many numbers as a; both have a gradient
    top[0]     loss, shape ()

    Source: Girshick, "Fast R-CNN", ICCV 2015; the SmoothL1LossLayer of SSD's Caffe.
    """

    differentiable = (0, 1)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._difference, self._slope = (
            Blob(bottom[0].shape, self.dtype, self.xp) for _ in range(2)
        )

    def loss(self, bottom: Blobs) -> Array:
        xp, a, b = self.xp, bottom[0].data, bottom[1].data
        d = xp.subtract(a, b.reshape(a.shape), out=self._difference.data)
        # f(d) = slope (d - slope / 2), with slope = d cut to [-1, 1], on both pieces.
        slope = xp.clip(d, -1, 1, out=self._slope.data)
        return xp.vdot(slope, d - slope / 2) / len(a)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        scale = factor / len(bottom[0].data)
        for blob, wanted, sign in zip(bottom, self.propagate_down, (1, -1), strict=True):
            if wanted:
                slope = self._slope.data.reshape(blob.shape)
                self.xp.multiply(slope, sign * scale, out=blob.diff)
