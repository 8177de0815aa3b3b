"""LRN over neighbouring channels."""

from itertools import pairwise
from typing import Any

import numpy as np

from ...core import Shape
from .negative_power import negative_power


class LRNAcrossChannels:
    """y = x * scale^-beta,  scale = k + alpha / n * sum of x^2 over the n channels around.

    Works image by image, so that its passes stay in the cache.
    """

    def __init__(
        self, x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
    ):
        _, c, *size = x_shape
        self._alpha, self._beta, self._k = alpha / local_size, beta, k
        self._power = negative_power(beta)
        self._scale = np.empty(x_shape, dtype)
        self._factor = np.empty((c, *size), dtype)
        self._sums = _ChannelSums(c, tuple(size), local_size, dtype)

    def forward(self, x, y) -> None:
        for x_image, y_image, scale in zip(x, y, self._scale, strict=True):
            np.multiply(x_image, x_image, out=self._sums.image)
            self._sums.write(scale)
            scale *= self._alpha
            scale += self._k
            self._power(scale, out=self._factor)
            np.multiply(x_image, self._factor, out=y_image)

    def backward(self, x, y, dy, dx) -> None:
        """dx = dy * scale^-beta - 2 alpha beta / n * x * window sums of (dy * y / scale)."""
        for i, scale in enumerate(self._scale):
            ratio = np.multiply(dy[i], y[i], out=self._sums.image)
            ratio /= scale
            sums = self._sums.write(dx[i])
            sums *= x[i]
            sums *= -2 * self._alpha * self._beta
            self._power(scale, out=self._factor)
            self._factor *= dy[i]
            sums += self._factor


class _ChannelSums:
    """Sums of every `length` (odd) neighbouring channels of the image written to `image`.

    By doubling: from sums of 1 to sums of 2, of 4, ..., and from these what length is made of.
    """

    def __init__(self, channels: int, size: Shape, length: int, dtype: Any):
        # Zeros above and below let every window be whole.
        padded = np.zeros((channels + length - 1, *size), dtype)
        self.image = padded[length // 2 : length // 2 + channels]
        self._sums = [padded]
        while 2 ** len(self._sums) <= length:
            rows = len(padded) + 1 - 2 ** len(self._sums)
            self._sums.append(np.empty((rows, *size), dtype))
        self._parts = []
        start = 0
        for power, sums in enumerate(self._sums):
            if length >> power & 1:
                self._parts.append(sums[start : start + channels])
                start += 1 << power

    def write(self, out):
        for shorter, longer in pairwise(self._sums):
            shift = len(shorter) - len(longer)
            np.add(shorter[:-shift], shorter[shift:], out=longer)
        first, *others = self._parts
        out[...] = first
        for part in others:
            out += part
        return out
