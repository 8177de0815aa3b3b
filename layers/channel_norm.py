"""ChannelNorm: the length of the vector of channels at each place."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu

_EPSILON = 1e-9  # keeps the gradient of zeros finite


@register("ChannelNorm")
class ChannelNorm(Layer):
    """y[n, 0, ...] = sqrt(sum_c x[n, c, ...]^2).

    bottom  x (N, C, ...)
    top     y (N, 1, ...)

    Source: Ilg et al., "FlowNet 2.0", CVPR 2017, and its Caffe.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (x,) = bottom_shapes
        if len(x) < 2:
            raise self.error(f"the bottom must be (N, C, ...), got shape {x}")
        return [(x[0], 1, *x[2:])]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        return gpu.ChannelNorm(context, _EPSILON)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = top[0].data
        np.sum(np.square(bottom[0].data), axis=1, keepdims=True, out=y)
        np.sqrt(y, out=y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            scale = top[0].diff / (top[0].data + _EPSILON)
            np.multiply(bottom[0].data, scale, out=bottom[0].diff)
