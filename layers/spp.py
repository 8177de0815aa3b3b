"""SPP: spatial pyramid pooling."""

from math import ceil, prod
from typing import Any

import numpy as np

from ..core import Blob, Blobs, Layer, Shape, Window, register
from ..kernels import cpu, gpu
from ..kernels.gpu.windows import is_served
from ..proto.caffe_pb2 import SPPParameter


@register("SPP")
class SPP(Layer):
    """y = x pooled to 1, 2, 4, ... bins along each axis, all laid end to end.

    bottom  x (N, C, H, W), of any size that has room for the bins; or other spatial axes
    top     y (N, C * (1 + 4 + ... + 4^(pyramid_height - 1))), whatever H and W;
            with pyramid_height: 1, (N, C, 1, 1)

    Level i pools with kernel and stride ceil(size / 2^i), padded evenly to fill its 2^i bins.

    Prototxt: spp_param { pyramid_height, pool: MAX }
    Source: He et al., "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual
            Recognition", ECCV 2014; the kernels and padding are Caffe's.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.height = self.param.spp_param.pyramid_height
        self.method = self.param.spp_param.pool
        if self.height < 1:
            raise self.error("spp_param.pyramid_height: is required, and at least 1")
        if self.method == SPPParameter.STOCHASTIC:
            raise self.error("spp_param.pool: must be MAX or AVE, got STOCHASTIC")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        n, c, *size = bottom_shapes[0]
        if not size:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {bottom_shapes[0]}")
        self._levels = [self._level(level, tuple(size)) for level in range(self.height)]
        if self.height == 1:
            return [(n, c, *self._levels[0][1])]
        return [(n, c * sum(prod(bins) for _, bins in self._levels))]

    def _level(self, level: int, size: Shape) -> tuple[Window, Shape]:
        bins = 2**level
        kernel = tuple(ceil(length / bins) for length in size)
        pad = tuple((k * bins - length + 1) // 2 for k, length in zip(kernel, size, strict=True))
        if any(p >= k for p, k in zip(pad, kernel, strict=True)):
            raise self.error(
                f"spp_param.pyramid_height: {self.height} needs {bins} bins along each axis at "
                f"level {level}, too many for a bottom of size {size}"
            )
        window = Window(kernel=kernel, stride=kernel, pad=pad, dilation=(1,) * len(size))
        return window, (bins,) * len(size)

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        shape = bottom[0].shape
        self._kernels, self._outputs, self._places = [], [], []
        start = 0
        for window, bins in self._levels:
            self._kernels.append(self._prepare_kernel(shape, window, bins))
            self._outputs.append(np.empty((*shape[:2], *bins), self.dtype))
            count = shape[1] * prod(bins)
            self._places.append(slice(start, start + count))
            start += count
        self._dx = Blob(shape, self.dtype)

    def _prepare_kernel(self, shape: Shape, window: Window, bins: Shape) -> Any:
        if self.method != SPPParameter.MAX:
            return cpu.prepare_average_pooling(shape, window, bins, self.dtype, True)
        return cpu.prepare_bins(shape, window, bins) or cpu.prepare_max_pooling(
            shape, window, bins, self.dtype, any(self.propagate_down)
        )

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if not all(is_served(window) for window, _ in self._levels):
            return None
        keeps, size = any(self.propagate_down), bottom[0].shape[2:]
        levels = [
            (
                gpu.MaxPooling(context, window, size, bins, keeps)
                if self.method == SPPParameter.MAX
                else gpu.AveragePooling(context, window, size, bins, counts_padding=True),
                bins,
            )
            for window, bins in self._levels
        ]
        return gpu.PyramidPooling(context, bottom[0].shape, levels)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, self._flat(top[0].data)
        for kernel, output, place in zip(self._kernels, self._outputs, self._places, strict=True):
            kernel.forward(x, output)
            y[:, place] = self._flat(output)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        dx, dy = bottom[0].diff, self._flat(top[0].diff)
        dx[...] = 0
        for kernel, output, place in zip(self._kernels, self._outputs, self._places, strict=True):
            self._flat(output)[...] = dy[:, place]
            if hasattr(kernel, "add_back"):
                kernel.add_back(output, dx)
            else:
                kernel.backward(output, self._dx.data)
                dx += self._dx.data

    def _flat(self, array):
        return array.reshape(len(array), prod(array.shape[1:]))
