"""TripletLoss: an item is to be nearer to one of its kind than to one of another."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.fold import per_item
from .families.loss import LossLayer


@register("TripletLoss")
class TripletLoss(LossLayer):
    """loss = sum_n max(margin + |a_n - p_n|^2 - |a_n - q_n|^2, 0) / (2 N).

    bottom[0]  a (N, ...): anchors
    bottom[1]  p, as many numbers: of the same kind as the anchors
    bottom[2]  q, as many numbers: of another kind; all three have a gradient
    top[0]     loss, shape ()

    Prototxt: triplet_loss_param { margin: 1 }
    Source: Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015; caffe-windows.
    """

    bottom_count = 3
    differentiable = (0, 1, 2)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.triplet_loss_param
        for field, only in (("sim_type", "EuclideanSimilarity"), ("sample", False), ("mu", 1.0)):
            if getattr(param, field) != only:
                raise self.error(
                    f"triplet_loss_param.{field}: {getattr(param, field)!r} belongs to a loss over "
                    "batches that is not there; remove the field"
                )
        self._margin = param.margin

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        for other in bottom_shapes[1:]:
            self.check_sizes([bottom_shapes[0], other])
        return [()]

    def loss(self, bottom: Blobs) -> Array:
        a, p, q = (blob.data.reshape(per_item(blob.shape)) for blob in bottom)
        self._to_p, self._to_q = a - p, a - q
        near, far = (np.einsum("nc,nc->n", d, d) for d in (self._to_p, self._to_q))
        excess = self._margin + near - far
        self._counts = excess > 0
        return np.where(self._counts, excess, 0).sum() / (2 * max(len(a), 1))

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        scale = (self._counts * (factor / max(len(self._counts), 1)))[:, None]
        gradients = (self._to_p - self._to_q, -self._to_p, self._to_q)
        for blob, wanted, gradient in zip(bottom, self.propagate_down, gradients, strict=True):
            if wanted:
                np.multiply(gradient, scale, out=blob.diff.reshape(gradient.shape))

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        items = bottom[0].shape[0]
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=["(a - b) * (a - b)", "(a - c) * (a - c)"],
            item_loss="0.5 * fmax(p + s[0] - s[1], 0.0)",
            keeps=["p + s[0] - s[1] > 0"],
            slopes=["f[0] * ((a - b) - (a - c))", "f[0] * (b - a)", "f[0] * (a - c)"],
            numbers=[self._margin],
            items=items,
            divisor=max(items, 1),
        )
