"""BatchNorm: each channel with mean 0 and variance 1."""

from typing import Any

import numpy as np

from ..core import Array, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import TEST, FillerParameter
from .families.affine_normalizing import AffineNormalizing
from .families.fold import fold

_STATISTICS = 3  # weights that are measured


@register("BatchNorm")
class BatchNorm(AffineNormalizing):
    """y = (x - mean) / sqrt(variance + eps), per channel; over the batch, or as remembered.

    bottom      x (N, C, ...); (N) is one channel
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  running sum of means (C)
    weights[1]  running sum of variances (C), each times m / (m - 1), m numbers per channel
    weights[2]  how much the sums weigh (1): mean = weights[0] / weights[2]; 0 stands for 0 / 0
    weights[3]  with scale_bias: scale (C), which y is multiplied by
    weights[4]  with scale_bias: bias (C), which is added then

    Each forward pass over a batch first multiplies all three by moving_average_fraction, then
    adds the batch's mean and variance and 1. With use_global_stats, by default in phase TEST, the
    running values are used and left alone. Statistics are not learned: they get lr_mult 0 and no
    gradient. What scales and shifts y is a Scale layer after this one, or scale_bias, which
    a filler for either stands for, too.

    Prototxt: batch_norm_param { use_global_stats: (phase is TEST)
                                 moving_average_fraction: 0.999  eps: 1e-05
                                 scale_bias: false  scale_filler { value: 1 }
                                 bias_filler { value: 0 } }
    Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015; Caffe's BatchNormLayer;
            scale_bias: NVCaffe's.
    """

    first_learned = _STATISTICS

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.batch_norm_param
        if param.relu:
            raise self.error(
                "batch_norm_param.relu: true is not supported; put a ReLU layer after this one"
            )
        self.eps = param.eps
        self.uses_global_stats = self.param.phase == TEST
        if param.HasField("use_global_stats"):
            self.uses_global_stats = param.use_global_stats
        _, channels, _ = self.fold_channels(bottom_shapes[0])
        for shape in ((channels,), (channels,), (1,)):
            self.add_weight(shape)
        self._forbid_learning()
        has_scale, has_bias = (param.HasField(f"{name}_filler") for name in ("scale", "bias"))
        if param.scale_bias or has_scale or has_bias:
            one = FillerParameter(value=1)
            self.add_weight((channels,), param.scale_filler if has_scale else one)
            self.add_weight((channels,), param.bias_filler)

    def running(self) -> tuple[Array, Array]:
        mean_sum, variance_sum, weight = (blob.data for blob in self.weights[:_STATISTICS])
        factor = 1 / np.where(weight == 0, np.inf, weight)
        return mean_sum * factor, variance_sum * factor

    def gpu_running(self) -> Any:
        fraction = self.param.batch_norm_param.moving_average_fraction
        return gpu.RunningStatistics(*self.weights[:_STATISTICS], fraction, 1.0, unbiased=True)

    def remember(self, mean: Array, variance: Array, count: int) -> None:
        mean_sum, variance_sum, weight = (blob.data for blob in self.weights[:_STATISTICS])
        for total in (mean_sum, variance_sum, weight):
            total *= self.param.batch_norm_param.moving_average_fraction
        mean_sum += self.as_dtype(mean)
        unbiased = variance * (count / max(count - 1, 1))
        variance_sum += self.as_dtype(unbiased)
        weight += 1

    def fold_channels(self, shape: Shape) -> tuple[int, int, int]:
        if not shape:
            raise self.error("needs a bottom with items, (N, ...), got shape ()")
        return fold(shape, 1)

    def _forbid_learning(self) -> None:
        """Give the statistics lr_mult 0, so that no solver moves them."""
        specs = self.param.param
        for i in range(_STATISTICS):
            if i == len(specs):
                specs.add(lr_mult=0)
            elif specs[i].lr_mult != 0:
                raise self.error(
                    f"param[{i}].lr_mult: {specs[i].lr_mult:g} must be 0, as running statistics "
                    "are measured, not learned; leave the param out, or say lr_mult: 0"
                )
