"""L1Loss: absolute distance, or the distance of vectors, for regression and optical flow."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.loss import LossLayer


@register("L1Loss")
class L1Loss(LossLayer):
    """loss = sum |a - b| / N; with l2_per_location, sum sqrt(sum_c (a - b)^2 + epsilon) / N.

    bottom[0]  a (N, C, ...)
    bottom[1]  optional: b, as many numbers, else 0; both have a gradient
    top[0]     loss, shape ()

    The first needs no fields. With l1_loss_param, places where b is nan (or a, without b) are
    unknown and count for nothing. l2_per_location adds up the squares over the channels of each
    place, divided by C with l2_prescale_by_channels. Differences (or lengths) below plateau
    count as 0. With normalize_by_num_entries the divisor is the number of known numbers over C.

    Prototxt: l1_loss_param { l2_per_location: false  l2_prescale_by_channels: false
                              normalize_by_num_entries: false  epsilon: 0.01  plateau: 0 }
    Source: NVIDIA's Caffe, as in DetectNet; the fields: Dosovitskiy et al., "FlowNet", ICCV 2015,
            and its Caffe, where nan in a counts for nothing as well.
    """

    bottom_count = range(1, 3)
    differentiable = (0, 1)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        if not bottom_shapes[0]:
            raise self.error("bottom[0] must be (N, ...), got shape ()")
        self.check_items(bottom_shapes)
        if len(bottom_shapes) == 2:
            self.check_sizes(bottom_shapes)
        if self.param.l1_loss_param.l2_per_location and len(bottom_shapes[0]) < 2:
            raise self.error(
                "l1_loss_param.l2_per_location needs a bottom[0] with channels, (N, C, ...), got "
                f"shape {bottom_shapes[0]}"
            )
        return [()]

    def loss(self, bottom: Blobs) -> Array:
        param, a = self.param.l1_loss_param, bottom[0].data
        difference = a - bottom[1].data.reshape(a.shape) if len(bottom) == 2 else a.copy()
        self._divisor = float(max(len(a), 1))
        if self.param.HasField("l1_loss_param"):
            unknown = np.isnan(bottom[-1].data.reshape(a.shape))
            difference[unknown] = 0
            if param.normalize_by_num_entries:
                channels = a.shape[1] if a.ndim > 1 else 1
                self._divisor = max(float((~unknown).sum()) / channels, 1.0)
        else:
            unknown = None
        if param.l2_per_location:
            total = self._lengths(difference).sum()
        else:
            difference *= np.abs(difference) >= param.plateau
            total, self._slope = np.abs(difference).sum(), np.sign(difference)
        if unknown is not None:
            self._slope[unknown] = 0
        return total / self._divisor

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        for blob, wanted, sign in zip(bottom, self.propagate_down, (1, -1), strict=False):
            if wanted:
                slope = self._slope.reshape(blob.shape)
                np.multiply(slope, sign * factor / self._divisor, out=blob.diff)

    def _lengths(self, difference: Array) -> Array:
        """The length at each place; its slope is kept."""
        param = self.param.l1_loss_param
        weight = 1 / difference.shape[1] if param.l2_prescale_by_channels else 1
        squares = weight * np.square(difference).sum(axis=1, keepdims=True)
        counts = squares >= param.plateau**2
        lengths = np.sqrt(squares * counts + param.epsilon)
        # Where epsilon is 0 and so is the difference, there is no slope.
        self._slope = difference * (counts * weight / np.where(lengths > 0, lengths, 1))
        return lengths

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        param, shape = self.param.l1_loss_param, bottom[0].shape
        if param.l2_per_location:
            return gpu.LengthLoss(
                context,
                [blob.shape for blob in bottom],
                self.propagate_down,
                1 / shape[1] if param.l2_prescale_by_channels else 1,
                param.plateau,
                param.epsilon,
                None if param.normalize_by_num_entries else max(shape[0], 1),
            )
        given = self.param.HasField("l1_loss_param")
        difference = "a - b" if len(bottom) == 2 else "a"
        known = f"!isnan({'b' if len(bottom) == 2 else 'a'})" if given else "true"
        by_entries = given and param.normalize_by_num_entries
        divisor = "fmax(s[1] / fmaxf(q, 1.f), 1.0)" if by_entries else "1.0"
        slope = "f[0] * (gap > 0 ? 1.f : gap < 0 ? -1.f : gap)"
        return gpu.ItemLoss(
            context,
            [blob.shape for blob in bottom],
            self.propagate_down,
            let=f"const float whole = {known} ? {difference} : 0.f;"
            "const float gap = fabsf(whole) >= p ? whole : whole * 0.f;",
            sums=["fabsf(gap)", known],
            item_loss=f"s[0] / {divisor}",
            keeps=[f"1.0 / {divisor}"],
            slopes=[slope, f"-{slope}"],
            numbers=[param.plateau, *shape[1:2]],
            divisor=1 if by_entries else max(shape[0], 1),
        )
