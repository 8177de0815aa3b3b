"""ChannelScale: every place of a feature map times a number of its own."""

from math import prod

import numpy as np

from ..core import Array, Blobs, Layer, Layout, Shape, register
from ..kernels import gpu


@register("ChannelScale")
class ChannelScale(Layer):
    """y[n, c, ...] = x[n, c, ...] s[n, 0, ...].

    bottom[0]  x (N, C, ...)
    bottom[1]  s (N, 1, ...): one number for all channels of a place
    top        y, shape of x; a blob of its own

    With do_forward false, y = x. With do_backward_feature false, x gets the gradient of y as it
    is; with do_backward_scale false, s gets 0.

    Prototxt: channel_scale_param { do_forward: true  do_backward_feature: true
                                    do_backward_scale: true }
    Source: the ChannelScaleLayer of caffe-windows.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, s = bottom_shapes
        if len(x) < 2 or s[:1] != x[:1] or prod(s[1:]) != prod(x[2:]):
            raise self.error(
                "bottom[1] must be one number for each place of bottom[0], (N, 1, ...), got shapes "
                f"{x} and {s}"
            )
        return [x]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        x = bottom[0].shape
        self._spread = (x[0], 1, *x[2:])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        param, s = self.param.channel_scale_param, bottom[1].shape
        in_order = len(s) < 3 or s[1] == 1
        return gpu.ChannelScale(
            context,
            Layout.EITHER if in_order else Layout.PLAIN,
            param.do_forward,
            param.do_backward_feature,
            param.do_backward_scale,
        )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, s = (blob.data for blob in bottom)
        if self.param.channel_scale_param.do_forward:
            np.multiply(x, s.reshape(self._spread), out=top[0].data)
        else:
            top[0].data[...] = x

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        param, dy = self.param.channel_scale_param, top[0].diff
        x, s = (blob.data for blob in bottom)
        if self.propagate_down[0]:
            if param.do_backward_feature:
                np.multiply(dy, s.reshape(self._spread), out=bottom[0].diff)
            else:
                bottom[0].diff[...] = dy
        if self.propagate_down[1]:
            ds: Array = bottom[1].diff.reshape(self._spread)
            ds[...] = (x * dy).sum(axis=1, keepdims=True) if param.do_backward_scale else 0
