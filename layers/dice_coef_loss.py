"""DiceCoefLoss: how little a prediction and the truth overlap, for segmentation."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.fold import per_item
from .families.loss import LossLayer


@register("DiceCoefLoss")
class DiceCoefLoss(LossLayer):
    """loss = 1 - sum_n d_n / N, d_n = (2 sum a b + s) / (sum a^2 + sum b^2 + s) over item n.

    bottom[0]  a (N, ...)
    bottom[1]  b, as many numbers; both have a gradient
    top[0]     loss, shape ()

    The gradient is the layer's that is in use, which does not divide by N: it is that of
    N times the loss.

    s, smooth, lets two empty masks overlap fully.

    Prototxt: dice_coef_loss_param { smooth: 1 }
    Source: Milletari, Navab and Ahmadi, "V-Net", 3DV 2016; the layer of JAA-Net and others.
    """

    differentiable = (0, 1)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        smooth = self.param.dice_coef_loss_param.smooth
        if not smooth > 0:
            raise self.error(f"dice_coef_loss_param.smooth: {smooth:g} must be above 0")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        return [()]

    def loss(self, bottom: Blobs) -> Array:
        a, b = (blob.data.reshape(per_item(blob.shape)) for blob in bottom)
        einsum, smooth = np.einsum, self.param.dice_coef_loss_param.smooth
        self._sizes = einsum("nc,nc->n", a, a) + einsum("nc,nc->n", b, b) + smooth
        self._overlaps = (2 * einsum("nc,nc->n", a, b) + smooth) / self._sizes
        return 1 - self._overlaps.sum() / max(len(a), 1)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        a, b = (blob.data.reshape(per_item(blob.shape)) for blob in bottom)
        scale = (2 * factor / self._sizes)[:, None]
        for blob, wanted, own, other in zip(
            bottom, self.propagate_down, (a, b), (b, a), strict=True
        ):
            if wanted:
                dx = blob.diff.reshape(own.shape)
                np.multiply(own, self._overlaps[:, None], out=dx)
                dx -= other
                dx *= scale

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        items = bottom[0].shape[0]
        overlap = "(2 * s[2] + p) / (s[0] + s[1] + p)"
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=["a * a", "b * b", "a * b"],
            item_loss=f"-{overlap}",
            # q makes up for the divisor.
            keeps=[overlap, "2 * q / (s[0] + s[1] + p)"],
            slopes=["(a * f[0] - b) * f[1]", "(b * f[0] - a) * f[1]"],
            numbers=[self.param.dice_coef_loss_param.smooth, max(items, 1)],
            items=items,
            divisor=max(items, 1),
            beginning=1,
        )
