"""RunningNorm: normalization whose running values are shares of the last batches."""

from typing import Any

from ...core import Array, Shape
from ...kernels import gpu
from ...proto.caffe_pb2 import FillerParameter
from .affine_normalizing import AffineNormalizing


class RunningNorm(AffineNormalizing):
    """y = scale (x - mean) / sqrt(variance + eps) + shift, per channel.

    bottom      x (N, C, ...)
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  scale (1, C, 1, 1)
    weights[1]  shift (1, C, 1, 1)
    weights[2]  if remembers: running mean (1, C, 1, 1)
    weights[3]  if remembers: running variance (1, C, 1, 1); starts at 0, or at 1 without learns

    A subclass sets what AffineNormalizing says, remembers, and new_share, of a batch in the
    running values, which keep the rest; then it calls declare_weights.
    """

    remembers = True
    new_share = 0.0
    remembers_unbiased = False  # whether the running variance counts times m / (m - 1)

    def running_variance(self, variance: Array, count: int) -> Array:
        """What is remembered of a batch's variance, over count numbers."""
        return variance * (count / max(count - 1, 1)) if self.remembers_unbiased else variance

    def declare_weights(self, bottom_shape: Shape, scale_filler: Any, shift_filler: Any) -> None:
        """Make the weights for a bottom of this shape; the fillers are None if not given."""
        _, channels, _ = self.fold_channels(bottom_shape)
        sizes = [1, 1, 1, 1]
        sizes[self.axis] = channels
        shape = tuple(sizes)
        self.add_weight(shape, scale_filler or FillerParameter(value=1))
        self.add_weight(shape, shift_filler)
        if self.remembers:
            self.add_weight(shape)
            # As nobody measures the variance of a frozen layer, it starts out harmless.
            self.add_weight(shape, None if self.learns else FillerParameter(value=1))
        specs = self.param.param
        for i in range(len(self.weights)):
            if i == len(specs):
                specs.add()
            if i >= 2 or not self.learns:
                specs[i].lr_mult = specs[i].decay_mult = 0

    def gpu_running(self) -> Any:
        if not self.remembers or not (self.new_share or self.uses_global_stats):
            return None
        keep, share = 1 - self.new_share, self.new_share
        unbiased = self.remembers_unbiased
        return gpu.RunningStatistics(*self.weights[2:4], None, keep, share, unbiased)

    def running(self) -> tuple[Array, Array]:
        mean, variance = (weight.data.reshape(-1) for weight in self.weights[2:4])
        return mean, variance

    def remember(self, mean: Array, variance: Array, count: int) -> None:
        if not (self.remembers and self.new_share):
            return
        news = (mean, self.running_variance(variance, count))
        for weight, new in zip(self.weights[2:4], news, strict=True):
            weight.data[...] *= 1 - self.new_share
            weight.data[...] += (self.new_share * self.as_dtype(new)).reshape(weight.shape)
