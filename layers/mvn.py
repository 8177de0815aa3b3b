"""MVN: mean-variance normalization of each channel of each item."""

import numpy as np

from ..core import Blobs, Shape, register
from ..kernels import gpu
from .families.fold import fold
from .families.normalizing import NormalizingLayer


@register("MVN")
class MVN(NormalizingLayer):
    """y = (x - mean) / (sqrt(variance) + eps), over each channel of each item on its own.

    bottom  x (N, C, ...)
    top     y, same shape; may be the bottom itself (in place)

    With across_channels, mean and variance are those of the whole item. With normalize_variance
    false, y = x - mean.

    Prototxt: mvn_param { normalize_variance: true  across_channels: false  eps: 1e-09 }
    Source: Caffe's MVNLayer: eps is added after the square root, and its share in the gradient is
            left out.
    """

    def fold_bottom(self, shape: Shape) -> tuple[int, int, int]:
        if not shape:
            raise self.error("needs a bottom with items, (N, C, ...), got shape ()")
        return fold(shape, 0, 1 if self.param.mvn_param.across_channels else 2)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        param, shape = self.param.mvn_param, bottom[0].shape
        axes = 1 if param.across_channels else min(2, len(shape))
        divisor = "sqrt(variance) + eps" if param.normalize_variance else "1"
        return gpu.Standardization(context, shape, 0, axes, eps=param.eps, divisor=divisor)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        param = self.param.mvn_param
        x, y = self.folded(bottom[0].data), self.folded(top[0].data)
        self.mean = self.as_dtype(self.mean_of(x))
        np.subtract(x, self.mean, out=y)
        if param.normalize_variance:
            deviation = np.sqrt(self.mean_product(y, y)) + param.eps
            self.inverse = self.as_dtype(1 / deviation)
            y *= self.inverse
            self.keep(y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        if self.param.mvn_param.normalize_variance:
            self.standardization_gradient(top, bottom)
        else:
            dy, dx = self.folded(top[0].diff), self.folded(bottom[0].diff)
            np.subtract(dy, self.as_dtype(self.mean_of(dy)), out=dx)
