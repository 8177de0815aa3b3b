"""ContrastiveLoss: pulls like pairs together and pushes unlike ones apart."""

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from .families.fold import per_item
from .families.loss import LossLayer

# Caffe's gradient divides by distance + 1e-4, so that two equal items do not divide by zero.
_DISTANCE_FLOOR = 1e-4


@register("ContrastiveLoss")
class ContrastiveLoss(LossLayer):
    """loss = sum_n [s d^2 + (1 - s) max(margin - d, 0)^2] / (2 N), d = |a_n - b_n|.

    bottom[0]  a (N, C)
    bottom[1]  b (N, C); both have a gradient
    bottom[2]  s (N): 1 where a_n and b_n are alike, 0 where not; no gradient
    top[0]     loss, shape ()

    With legacy_version, the term of unlike pairs is max(margin - d^2, 0), as in old versions.

    Prototxt: contrastive_loss_param { margin: 1  legacy_version: false }
    Source: Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping",
            CVPR 2006; gradient as in Caffe's ContrastiveLossLayer.
    """

    bottom_count = 3
    differentiable = (0, 1)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._margin = self.param.contrastive_loss_param.margin
        self._is_legacy = self.param.contrastive_loss_param.legacy_version

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        self.check_sizes(bottom_shapes)
        if per_item(bottom_shapes[2])[1] != 1:
            raise self.error(
                f"bottom[2] must be one number per pair, of shape ({bottom_shapes[0][0]},), "
                f"got shape {bottom_shapes[2]}"
            )
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._difference = Blob(per_item(bottom[0].shape), self.dtype)

    def loss(self, bottom: Blobs) -> Array:
        difference = self._difference.data
        a, b, s = (blob.data for blob in bottom)
        np.subtract(a.reshape(difference.shape), b.reshape(difference.shape), out=difference)
        self._are_alike = np.trunc(s.reshape(-1)) != 0
        squares = np.einsum("nc,nc->n", difference, difference)
        self._distances = np.sqrt(squares)
        if self._is_legacy:
            self._shortfalls = np.maximum(self._margin - squares, 0)
            unlike = self._shortfalls
        else:
            self._shortfalls = np.maximum(self._margin - self._distances, 0)
            unlike = self._shortfalls**2
        return np.where(self._are_alike, squares, unlike).sum() / (2 * len(a))

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        scale = factor / len(bottom[0].data)
        if self._is_legacy:
            push = self._shortfalls > 0
        else:
            push = self._shortfalls / (self._distances + _DISTANCE_FLOOR)
        pull = np.where(self._are_alike, scale, -scale * push)[:, None]
        for blob, wanted, sign in zip(bottom, self.propagate_down, (1, -1, 0), strict=True):
            if wanted:
                dx = blob.diff.reshape(self._difference.shape)
                np.multiply(self._difference.data, sign * pull, out=dx)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        distance = "s[0]" if self._is_legacy else "sqrt(s[0])"
        # Not fmax, which loses NaN.
        shortfall = f"({distance} > p ? 0.0 : p - {distance})"
        unlike = shortfall if self._is_legacy else f"{shortfall} * {shortfall}"
        push = f"{shortfall} > 0" if self._is_legacy else f"{shortfall} / ({distance} + q)"
        items = bottom[0].shape[0]
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            sums=["(a - b) * (a - b)"],
            item_loss=f"0.5 * (truncf(label) != 0 ? s[0] : {unlike})",
            keeps=[f"truncf(label) != 0 ? 1.0 : -({push})"],
            slopes=["f[0] * (a - b)", "f[0] * (b - a)"],
            numbers=[self._margin, _DISTANCE_FLOOR],
            items=items,
            divisor=items,
            label=2,
        )
