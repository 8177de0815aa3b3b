"""LRN: local response normalization."""

from collections.abc import Sequence

from ..core import Blobs, Calls, Layer, Layout, Shape, register
from ..kernels import bind, cpu, gpu
from ..kernels.gpu.lrn import MOST_AXES
from ..proto.caffe_pb2 import LRNParameter


@register("LRN")
class LRN(Layer):
    """y = x / (k + alpha * mean of x^2 over the neighbourhood)^beta.

    bottom  x (N, C, *size)
    top     y, same shape; may be the bottom itself (in place) where no gradient is asked for

    ACROSS_CHANNELS  the neighbourhood is local_size channels at the same position
    WITHIN_CHANNEL   it is local_size along each spatial axis, in the same channel; k is 1
    The mean divides by the whole size of the neighbourhood, also at the border.

    Prototxt: lrn_param { local_size: 5, alpha: 1, beta: 0.75, k: 1,
                          norm_region: ACROSS_CHANNELS }
    Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
            Networks", NIPS 2012; in channels, Krizhevsky's cuda-convnet.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        size = self.param.lrn_param.local_size
        if size % 2 == 0:
            raise self.error(f"lrn_param.local_size: must be odd, got {size}")
        self._within = self.param.lrn_param.norm_region == LRNParameter.WITHIN_CHANNEL

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        needed = 3 if self._within else 2
        if len(bottom_shapes[0]) < needed:
            raise self.error(
                f"needs a bottom with at least {needed} axes, (N, C, *size), "
                f"got shape {bottom_shapes[0]}"
            )
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        if self.propagate_down[0]:
            self.refuse_in_place(bottom, top)  # backward reads x
        param, shape = self.param.lrn_param, bottom[0].shape
        size, alpha, beta = param.local_size, param.alpha, param.beta
        if self._within:
            self._kernel = cpu.prepare_lrn_within_channel(shape, size, alpha, beta, self.dtype)
        else:
            self._kernel = cpu.prepare_lrn_across_channels(
                *(shape, size, alpha, beta, param.k, self.dtype),
                **self.placing(bottom[0], top[0]),
            )

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        keeps = self.propagate_down[0]
        if keeps:
            self.refuse_in_place(bottom, top)
        param = self.param.lrn_param
        axes = range(2, len(bottom[0].shape)) if self._within else [1]
        if len(axes) > MOST_AXES:
            return None
        k = 1 if self._within else param.k
        return gpu.LRN(context, axes, param.local_size, param.alpha, param.beta, k, keeps)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._kernel.forward(bottom[0].data, top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            x, y = bottom[0].data, top[0].data
            self._kernel.backward(x, y, top[0].diff, bottom[0].diff)

    def layout(self) -> Layout:
        served = not self._within and self.dtype == "float32"
        return Layout.CHANNELS_LAST if served else Layout.PLAIN

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        return bind(self._kernel, "forward", bottom[0].data, top[0].data)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if not self.propagate_down[0]:
            return Calls([])
        x, y = bottom[0].data, top[0].data
        return bind(self._kernel, "backward", x, y, top[0].diff, bottom[0].diff)
