"""ROIPooling: the largest activation in each window of a region, for Fast R-CNN."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import cpu, gpu
from .families.region_pooling import RegionPoolingLayer, round_half_away


@register("ROIPooling")
class ROIPooling(RegionPoolingLayer):
    """y[r, c, i, j] = the largest x[item of r, c] in window (i, j) of region r.

    bottom[0]  x (N, C, H, W)
    bottom[1]  regions (R, 5): item, x1, y1, x2, y2 in pixels of the image, ends inclusive;
               their gradient is 0
    top        y (R, C, pooled_h, pooled_w)

    The corners, times spatial_scale, are rounded, halves away from 0; a region has at least 1 x 1
    places. Its windows are sections of equal size, widened to whole places, cut at the border of
    x. An empty one gives 0. The gradient goes to the place that was the largest.

    Prototxt: roi_pooling_param { pooled_h: (required)  pooled_w: (required)  spatial_scale: 1 }
    Source: Girshick, "Fast R-CNN", ICCV 2015; its layer has a backward pass on the GPU only.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.roi_pooling_param
        for field in ("pooled_h", "pooled_w"):
            if getattr(param, field) < 1:
                raise self.error(f"roi_pooling_param.{field} is required and must be at least 1")
        if not param.spatial_scale > 0:
            raise self.error(
                f"roi_pooling_param.spatial_scale: {param.spatial_scale:g} must be above 0; it is "
                "the size of a feature map divided by that of the image, as 0.0625"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_bottoms(bottom_shapes)
        param, (x, regions) = self.param.roi_pooling_param, bottom_shapes
        return [(regions[0], x[1], param.pooled_h, param.pooled_w)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._kernel: Any = cpu.prepare_region_max()

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        scale = self.param.roi_pooling_param.spatial_scale
        windows = self.gpu_windows(context, bottom, scale, rounds_first=False)
        return gpu.RegionMax(context, windows)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._item_of, rows, columns = self.read_regions(bottom, top[0].shape)
        self._kernel.forward(bottom[0].data, self._item_of, rows, columns, top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        self.give_regions_no_gradient(bottom)
        if self.propagate_down[0]:
            self._kernel.backward(top[0].diff, self._item_of, bottom[0].diff)

    def edges(self, first: Array, last: Array, windows: int) -> tuple[Array, Array]:
        scale = self.param.roi_pooling_param.spatial_scale
        start = round_half_away(first * scale)
        size = np.maximum(round_half_away(last * scale) - start + 1, 1)
        section = size / windows
        i = np.arange(windows, dtype=section.dtype)
        return start + np.floor(i * section), start + np.ceil((i + 1) * section)
