"""AffineNormalizing: normalization and the scale and shift after it, in one layer."""

from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Shape
from ...kernels import gpu
from .fold import fold
from .normalizing import NormalizingLayer


class AffineNormalizing(NormalizingLayer):
    """y = scale (x - mean) / sqrt(variance + eps) + shift, per channel; scale and shift optional.

    bottom  x (N, C, ...)
    top     y, same shape; may be the bottom itself (in place)

    A subclass declares the weights in setup and sets there what differs from

    axis               that of the channels
    normalizes         whether there is a mean and a variance; else y = scale x + shift
    uses_global_stats  whether the running values stand for those of the batch
    learns             whether scale and shift get gradients
    first_learned      the number of the weight that is scale; shift follows
    eps

    and implements running() and remember(), where it has running values, and scale_and_shift. Of
    the weights only the number of entries counts, one for each channel.
    """

    axis = 1
    normalizes = True
    uses_global_stats = False
    learns = True
    first_learned = 0
    eps: float

    @property
    def scale_and_shift(self) -> list[Blob]:
        """The weights that multiply and move what is normalized; [] if there are none."""
        return self.weights[self.first_learned : self.first_learned + 2]

    @property
    def is_fixed(self) -> bool:
        """Whether it multiplies each channel by a number and adds another, whatever is in x."""
        return self.uses_global_stats or not self.normalizes

    def running(self) -> tuple[Array, Array]:
        """The running mean and variance, (C) each."""
        raise NotImplementedError

    def remember(self, mean: Array, variance: Array, count: int) -> None:
        """Let each channel's mean and variance, over count numbers, move the running values."""

    def gpu_running(self) -> Any:
        """The running values, as kernels want them (a gpu.RunningStatistics); None without any."""
        return None

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return self.make_gpu_kernel(
            context,
            bottom[0],
            learned=self.scale_and_shift,
            first_learned=self.first_learned,
            learns=self.learns,
        )

    def make_gpu_kernel(self, context: gpu.Context, bottom: Blob, **after: Any) -> gpu.Kernel:
        """The kernel for such a bottom; `after` says what follows in it."""
        return gpu.Standardization(
            context,
            bottom.shape,
            self.axis,
            eps=self.eps,
            running=self.gpu_running() if self.normalizes else None,
            recalls=self.is_fixed,
            **after,
        )

    def fold_bottom(self, shape: Shape) -> tuple[int, int, int]:
        folded = self.fold_channels(shape)
        channels = self.weights[0].count
        if folded[1] != channels:
            raise self.error(
                f"the weights were made for {channels} channels; the bottom, of shape {shape}, "
                f"has {folded[1]}"
            )
        return folded

    def fold_channels(self, shape: Shape) -> tuple[int, int, int]:
        """The shape (outer, channels, inner) of a bottom of this shape."""
        if len(shape) <= self.axis:
            raise self.error(f"needs a bottom with channels on axis {self.axis}, got shape {shape}")
        return fold(shape, self.axis)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        if self.normalizes:
            self._normalize(x, y)
            x = y
        if not self.uses_global_stats or self.scale_and_shift:
            self.keep(x)
        if self.scale_and_shift:
            scale, shift = (weight.data.reshape(-1, 1) for weight in self.scale_and_shift)
            self.parts.scale(x, scale, shift, y)

    def _normalize(self, x: Array, y: Array) -> None:
        """Write (x - mean) / deviation to y, and remember."""
        if self.uses_global_stats:
            mean, variance = self.running()
            self.mean, variance = mean[:, None], variance[:, None]
            np.subtract(x, self.mean, out=y)
        else:
            mean = self.mean_of(x)
            self.mean = self.as_dtype(mean)
            np.subtract(x, self.mean, out=y)
            # Of what is centred already: E[x^2] - mean^2 would lose the digits of a small variance.
            variance = self.mean_product(y, y)
            self.remember(mean[:, 0], variance[:, 0], self.part_size)
        self.inverse = self.as_dtype((variance + self.eps) ** -0.5)
        self.parts.scale(y, self.inverse, None, y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        wanted = self.wanted_gradients()
        if any(wanted) or self.propagate_down[0] and not self.is_fixed:
            self._gradients(top, bottom, wanted)
        if self.propagate_down[0] and self.is_fixed:
            dy, dx = self.folded(top[0].diff), self.folded(bottom[0].diff)
            self.parts.scale(dy, self._slope(), None, dx)

    def wanted_gradients(self) -> list[bool]:
        """Whether anybody reads the gradients of scale and shift."""
        flags = self.param_propagate_down[self.first_learned :][: len(self.scale_and_shift)]
        return [self.learns and flag for flag in flags]

    def _gradients(self, top: Blobs, bottom: Blobs, wanted: list[bool]) -> None:
        """Add to the weights' diffs and, where x moves its own statistics, write dx."""
        dy, y, total = self.folded(top[0].diff), self.normalized(bottom), self.space(bottom)
        dy_mean, y_dy_mean = self.mean_of(dy), self.mean_product(y, dy)
        for weight, mean, is_wanted in zip(
            self.scale_and_shift, (y_dy_mean, dy_mean), wanted, strict=False
        ):
            if is_wanted:
                gradient = self.as_dtype(mean * self.part_size)
                weight.diff[...] += gradient.reshape(weight.shape)
        if self.propagate_down[0] and not self.is_fixed:
            self.parts.scale(y, self.as_dtype(-y_dy_mean), self.as_dtype(-dy_mean), total)
            total += dy
            self.parts.scale(total, self._slope(), None, self.folded(bottom[0].diff))

    def _slope(self) -> Array:
        """What y is multiplied by on its way from x, (C, 1)."""
        if not self.scale_and_shift:
            return self.inverse
        scale = self.scale_and_shift[0].data.reshape(-1, 1)
        return scale * self.inverse if self.normalizes else scale

    def normalized(self, bottom: Blobs) -> Array:
        return super().normalized(bottom) if self.normalizes else self.kept_or_x(bottom)

    # For passes that join it with its neighbours.

    def read_statistics(self, mean: Array, variance: Array) -> None:
        """Write the running mean and variance of each channel."""
        mean[...], variance[...] = self.running()

    def read_factor(self, factor: Array, shift: Array) -> None:
        """Write what y is of x where no statistics are measured: factor x + shift."""
        factor[...], shift[...] = 1, 0
        if self.scale_and_shift:
            factor[...], shift[...] = (w.data.reshape(-1) for w in self.scale_and_shift)
        if self.normalizes:
            mean, variance = self.running()
            factor *= (variance + self.eps) ** -0.5
            shift -= factor * mean
