"""BatchNorm: each channel with mean 0 and variance 1."""

from ..core import Array, Blobs, Shape, register
from ..proto.caffe_pb2 import TEST
from .families.fold import fold
from .families.normalizing import NormalizingLayer


@register("BatchNorm")
class BatchNorm(NormalizingLayer):
    """y = (x - mean) / sqrt(variance + eps), per channel; over the batch, or as remembered.

    bottom      x (N, C, ...); (N) is one channel
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  running sum of means (C)
    weights[1]  running sum of variances (C), each times m / (m - 1), m numbers per channel
    weights[2]  how much the sums weigh (1): mean = weights[0] / weights[2]; 0 stands for 0 / 0

    Each forward pass over a batch first multiplies all three by moving_average_fraction, then
    adds the batch's mean and variance and 1. With use_global_stats, by default in phase TEST, the
    running values are used and left alone. The weights are not learned: they get lr_mult 0 and no
    gradient. What scales and shifts y is a Scale layer after this one.

    Prototxt: batch_norm_param { use_global_stats: (phase is TEST)
                                 moving_average_fraction: 0.999  eps: 1e-05 }
    Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015; Caffe's BatchNormLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.batch_norm_param
        self.eps = param.eps
        self.uses_global_stats = self.param.phase == TEST
        if param.HasField("use_global_stats"):
            self.uses_global_stats = param.use_global_stats
        _, channels, _ = self._fold(bottom_shapes[0])
        for shape in ((channels,), (channels,), (1,)):
            self.add_weight(shape)
        self._forbid_learning()

    def fold_bottom(self, shape: Shape) -> tuple[int, int, int]:
        folded = self._fold(shape)
        channels = self.weights[0].count
        if folded[1] != channels:
            raise self.error(
                f"statistics were made for {channels} channels; the bottom, of shape {shape}, "
                f"has {folded[1]}"
            )
        return folded

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        if self.uses_global_stats:
            mean, variance = self._running_values()
            self.mean, variance = mean[:, None], variance[:, None]
            self.xp.subtract(x, self.mean, out=y)
        else:
            mean = self.mean_of(x)
            self.mean = self.as_dtype(mean)
            self.xp.subtract(x, self.mean, out=y)
            # Of what is centred already: E[x^2] - mean^2 would lose the digits of a small variance.
            variance = self.mean_product(y, y)
            self.remember(mean[:, 0], variance[:, 0], self.part_size)
        self.inverse = self.as_dtype((variance + self.eps) ** -0.5)
        self.parts.scale(y, self.inverse, None, y)
        if not self.uses_global_stats:
            self.keep(y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        if self.uses_global_stats:
            dy, dx = self.folded(top[0].diff), self.folded(bottom[0].diff)
            self.parts.scale(dy, self.inverse, None, dx)
        else:
            self.standardization_gradient(top, bottom)

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def _running_values(self) -> tuple[Array, Array]:
        mean_sum, variance_sum, weight = (blob.data for blob in self.weights)
        factor = 1 / self.xp.where(weight == 0, self.xp.inf, weight)
        return mean_sum * factor, variance_sum * factor

    def read_statistics(self, mean: Array, variance: Array) -> None:
        """Write the running mean and variance of each channel."""
        mean[...], variance[...] = self._running_values()

    def read_factor(self, factor: Array, shift: Array) -> None:
        """Write what y is of x by the running values: factor x + shift."""
        mean, variance = self._running_values()
        factor[...] = (variance + self.eps) ** -0.5
        shift[...] = -mean * factor

    def remember(self, mean: Array, variance: Array, count: int) -> None:
        """Add each channel's mean and variance, over count numbers, to the running sums."""
        mean_sum, variance_sum, weight = (blob.data for blob in self.weights)
        for total in (mean_sum, variance_sum, weight):
            total *= self.param.batch_norm_param.moving_average_fraction
        mean_sum += self.as_dtype(mean)
        unbiased = variance * (count / max(count - 1, 1))
        variance_sum += self.as_dtype(unbiased)
        weight += 1

    def _fold(self, shape: Shape) -> tuple[int, int, int]:
        if not shape:
            raise self.error("needs a bottom with items, (N, ...), got shape ()")
        return fold(shape, 1)

    def _forbid_learning(self) -> None:
        """Give the weights lr_mult 0, so that no solver moves them."""
        specs = self.param.param
        for i in range(len(self.weights)):
            if i == len(specs):
                specs.add(lr_mult=0)
            elif specs[i].lr_mult != 0:
                raise self.error(
                    f"param[{i}].lr_mult: {specs[i].lr_mult:g} must be 0, as running statistics "
                    "are measured, not learned; leave the param out, or say lr_mult: 0"
                )
