"""PSROIPooling: means of position-sensitive score maps in each window of a region, for R-FCN."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import cpu, gpu
from .families.region_pooling import RegionPoolingLayer, round_half_away

_LEAST_SIZE = 0.1  # of a region on the feature map: none is empty


@register("PSROIPooling")
class PSROIPooling(RegionPoolingLayer):
    """y[r, d, i, j] = the mean of x[item of r, (d G + i) G + j] in window (i, j) of region r.

    bottom[0]  x (N, output_dim G^2, H, W), G = group_size: each window has maps of its own
    bottom[1]  regions (R, 5): item, x1, y1, x2, y2 in pixels of the image, ends inclusive;
               their gradient is 0
    top        y (R, output_dim, G, G)

    The corners are rounded before they are multiplied by spatial_scale. The windows are sections
    of equal size, widened to whole places, cut at the border of x. An empty one gives 0.

    Prototxt: psroi_pooling_param { spatial_scale: (required)  output_dim: (required)
                                    group_size: (required) }
    Source: Dai et al., "R-FCN: Object Detection via Region-based Fully Convolutional Networks",
            NIPS 2016.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.psroi_pooling_param
        for field in ("spatial_scale", "output_dim", "group_size"):
            if not getattr(param, field) > 0:
                raise self.error(
                    f"psroi_pooling_param.{field}: {getattr(param, field):g} must be above 0; it "
                    "is required"
                )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_bottoms(bottom_shapes)
        param, (x, regions) = self.param.psroi_pooling_param, bottom_shapes
        wanted = param.output_dim * param.group_size**2
        if x[1] != wanted:
            raise self.error(
                f"bottom[0] has {x[1]} channels; psroi_pooling_param.output_dim "
                f"({param.output_dim}) times group_size^2 ({param.group_size}^2) makes {wanted}"
            )
        return [(regions[0], param.output_dim, param.group_size, param.group_size)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._kernel: Any = cpu.prepare_region_mean()

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        scale = self.param.psroi_pooling_param.spatial_scale
        windows = self.gpu_windows(context, bottom, scale, rounds_first=True)
        return gpu.RegionMean(context, windows)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._places = self.read_regions(bottom, top[0].shape)
        self._kernel.forward(bottom[0].data, *self._places, top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        self.give_regions_no_gradient(bottom)
        if self.propagate_down[0]:
            self._kernel.backward(top[0].diff, *self._places, bottom[0].diff)

    def edges(self, first: Array, last: Array, windows: int) -> tuple[Array, Array]:
        scale = self.param.psroi_pooling_param.spatial_scale
        start = round_half_away(first) * scale
        end = (round_half_away(last) + 1) * scale
        section = np.maximum(end - start, _LEAST_SIZE) / windows
        i = np.arange(windows, dtype=section.dtype)
        return i * section + start, (i + 1) * section + start
