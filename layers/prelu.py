"""PReLU: rectified linear unit that learns its slope."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import FillerParameter
from .families.elementwise import ElementwiseLayer


@register("PReLU")
class PReLU(ElementwiseLayer):
    """y = x where x > 0, else a_c * x, with a learned slope a_c for each channel c.

    bottom   x (N, C, ...)
    top      y, same shape; may be the bottom itself (in place)
    weights  a (C), or one number, shape (), with channel_shared

    Prototxt: prelu_param { filler { value: 0.25 }  channel_shared: false }
    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.prelu_param
        self._check_axes(bottom_shapes[0])
        filler = param.filler if param.HasField("filler") else FillerParameter(value=0.25)
        self.add_weight(() if param.channel_shared else bottom_shapes[0][1:2], filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        self._check_axes(shape)
        slopes = self.weights[0].shape
        if slopes and slopes != shape[1:2]:
            raise self.error(
                f"learned a slope for each of {slopes[0]} channels; the bottom, {shape}, "
                f"has {shape[1]}"
            )
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        slopes, shape = self.weights[0].shape, bottom[0].shape
        self._broadcast = slopes and (*slopes, *(1 for _ in shape[2:]))
        self._summed = tuple(i for i in range(len(shape)) if i != 1 or not slopes)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        keeps_x = self.propagate_down[0] or self.param_propagate_down[0]
        return gpu.PReLU(context, self.weights[0], keeps_x)

    def function(self, x: Array, y: Array) -> None:
        leak = np.minimum(x, 0, out=self.scratch.data)
        leak *= self._slopes()
        np.maximum(x, 0, out=y)
        y += leak

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        slopes = self._slopes()
        np.greater(x, 0, out=space)
        space *= 1 - slopes
        space += slopes
        return space

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        # First, since in place the bottom's gradient takes the place of dy.
        if self.param_propagate_down[0]:
            below = np.minimum(self.input(bottom), 0, out=self.scratch.data)
            below *= top[0].diff
            self.weights[0].diff[...] += below.sum(axis=self._summed)
        super().backward_cpu(top, bottom)

    def _slopes(self) -> Array:
        return self.weights[0].data.reshape(self._broadcast)

    def _check_axes(self, shape: Shape) -> None:
        if len(shape) < 2:
            raise self.error(f"needs a bottom with channels, (N, C, ...), got {shape}")
