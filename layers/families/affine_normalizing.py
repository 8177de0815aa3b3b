"""AffineNormalizing: normalization and the scale and shift after it, in one layer."""

from typing import Any

from ...core import Array, Blob, Blobs, Shape
from ...proto.caffe_pb2 import FillerParameter
from .fold import fold
from .normalizing import NormalizingLayer


class AffineNormalizing(NormalizingLayer):
    """y = scale (x - mean) / sqrt(variance + eps) + shift, per channel.

    bottom      x (N, C, ...)
    top         y, same shape; may be the bottom itself (in place)
    weights[0]  scale (1, C, 1, 1)
    weights[1]  shift (1, C, 1, 1)
    weights[2]  if remembers: running mean (1, C, 1, 1)
    weights[3]  if remembers: running variance (1, C, 1, 1); starts at 0, or at 1 without learns

    A subclass sets these in setup and then calls declare_weights:

    normalizes        whether there is a mean and a variance; else y = scale x + shift
    remembers         whether there are running values
    uses_global_stats whether the running values stand for those of the batch
    learns            whether scale and shift get gradients
    eps, new_share    new_share: of a batch in the running values, which keep the rest
    """

    axis = 1
    normalizes = True
    remembers = True
    uses_global_stats = False
    learns = True
    eps: float
    new_share = 0.0

    def running_variance(self, variance: Array, count: int) -> Array:
        """What is remembered of a batch's variance, over count numbers."""
        return variance

    def declare_weights(self, bottom_shape: Shape, scale_filler: Any, shift_filler: Any) -> None:
        """Make the weights for a bottom of this shape; the fillers are None if not given."""
        _, channels, _ = self._fold(bottom_shape)
        shape = [1, 1, 1, 1]
        shape[self.axis] = channels
        self.add_weight(tuple(shape), scale_filler or FillerParameter(value=1))
        self.add_weight(tuple(shape), shift_filler)
        if self.remembers:
            self.add_weight(tuple(shape))
            # As nobody measures the variance of a frozen layer, it starts out harmless.
            self.add_weight(tuple(shape), None if self.learns else FillerParameter(value=1))
        specs = self.param.param
        for i in range(len(self.weights)):
            if i == len(specs):
                specs.add()
            if i >= 2 or not self.learns:
                specs[i].lr_mult = specs[i].decay_mult = 0

    def fold_bottom(self, shape: Shape) -> tuple[int, int, int]:
        folded = self._fold(shape)
        channels = self.weights[0].count
        if folded[1] != channels:
            raise self.error(
                f"scale and shift were made for {channels} channels; the bottom, of shape {shape}, "
                f"has {folded[1]}"
            )
        return folded

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        in_place = bottom[0] is top[0]
        self._kept = Blob(self._folded, self.dtype, self.xp) if in_place else None
        self._space = Blob(self._folded, self.dtype, self.xp)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        scale, shift = (weight.data.reshape(-1, 1) for weight in self.weights[:2])
        if self.normalizes:
            self._normalize(x, y)
        if self._kept:
            self._kept.data[...] = y if self.normalizes else x
        self.parts.scale(y if self.normalizes else x, scale, shift, y)

    def _normalize(self, x: Array, y: Array) -> None:
        """Write (x - mean) / deviation to y, and remember."""
        if self.uses_global_stats:
            mean, variance = (weight.data.reshape(-1, 1) for weight in self.weights[2:4])
            self.mean = mean
            self.xp.subtract(x, mean, out=y)
        else:
            mean = self.mean_of(x)
            self.mean = self.as_dtype(mean)
            self.xp.subtract(x, self.mean, out=y)
            # Of what is centred already: E[x^2] - mean^2 would lose the digits of a small variance.
            variance = self.mean_product(y, y)
            self.remember(mean[:, 0], variance[:, 0], self.part_size)
        self.inverse = self.as_dtype((variance + self.eps) ** -0.5)
        self.parts.scale(y, self.inverse, None, y)

    def remember(self, mean: Array, variance: Array, count: int) -> None:
        """Let each channel's mean and variance, over count numbers, move the running values."""
        if not (self.remembers and self.new_share):
            return
        news = (mean, self.running_variance(variance, count))
        for weight, new in zip(self.weights[2:4], news, strict=True):
            weight.data[...] *= 1 - self.new_share
            weight.data[...] += (self.new_share * self.as_dtype(new)).reshape(weight.shape)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        dy = self.folded(top[0].diff)
        is_fixed = self.uses_global_stats or not self.normalizes
        learns = self.learns and any(self.param_propagate_down[:2])
        if not (learns or self.propagate_down[0]):
            return
        if is_fixed and not learns:
            self.parts.scale(dy, self._slope(), None, self.folded(bottom[0].diff))
            return
        normalized = self._normalized(bottom)
        dscale = self.parts.row_products(normalized, dy).sum(axis=0)[:, None]
        dshift = self.parts.row_sums(dy).sum(axis=0)[:, None]
        if learns:
            self._add_gradients(dscale, dshift)
        if not self.propagate_down[0]:
            return
        dx, slope = self.folded(bottom[0].diff), self._slope()
        if is_fixed:
            self.parts.scale(dy, slope, None, dx)
            return
        # x moves its own statistics: what of dy is constant, or goes along with y, is lost.
        along, constant = (self.as_dtype(-slope * d / self.part_size) for d in (dscale, dshift))
        space = self._space.data
        self.parts.scale(normalized, along, constant, space)
        self.parts.scale(dy, slope, None, dx)
        dx += space

    def _slope(self) -> Array:
        """What y is multiplied by on its way from x, (C, 1)."""
        scale = self.weights[0].data.reshape(-1, 1)
        return scale * self.inverse if self.normalizes else scale

    def _normalized(self, bottom: Blobs) -> Array:
        """What forward multiplied by scale: kept in place, else computed again."""
        if self._kept:
            return self._kept.data
        x = self.folded(bottom[0].data)
        if not self.normalizes:
            return x
        space = self.xp.subtract(x, self.mean, out=self._space.data)
        self.parts.scale(space, self.inverse, None, space)
        return space

    def _add_gradients(self, dscale: Array, dshift: Array) -> None:
        for i, gradient in enumerate((dscale, dshift)):
            if self.param_propagate_down[i]:
                weight = self.weights[i]
                weight.diff[...] += self.as_dtype(gradient).reshape(weight.shape)

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def _fold(self, shape: Shape) -> tuple[int, int, int]:
        if len(shape) <= self.axis:
            raise self.error(f"needs a bottom with channels on axis {self.axis}, got shape {shape}")
        return fold(shape, self.axis)

    # For passes that join it with its neighbours.

    @property
    def is_by_channel(self) -> bool:
        """Whether it measures, or knows, statistics of the channels on axis 1."""
        return self.normalizes and self.axis == 1

    @property
    def scale_and_shift(self) -> list[Blob]:
        """The weights that multiply and move what is normalized."""
        return self.weights[:2]

    def read_statistics(self, mean: Array, variance: Array) -> None:
        """Write the running mean and variance of each channel."""
        mean[...] = self.weights[2].data.reshape(-1)
        variance[...] = self.weights[3].data.reshape(-1)

    def read_factor(self, factor: Array, shift: Array) -> None:
        """Write what y is of x where no statistics are measured: factor x + shift."""
        scale, b = (weight.data.reshape(-1) for weight in self.weights[:2])
        factor[...], shift[...] = scale, b
        if self.normalizes:
            factor *= (self.weights[3].data.reshape(-1) + self.eps) ** -0.5
            shift -= factor * self.weights[2].data.reshape(-1)
