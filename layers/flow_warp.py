"""FlowWarp: an image as a flow field moves it."""

from math import prod
from typing import Any

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..proto.caffe_pb2 import FlowWarpParameter


@register("FlowWarp")
class FlowWarp(Layer):
    """y[n, c, i, j] = x[n, c] at (i + flow[n, 1, i, j], j + flow[n, 0, i, j]), interpolated.

    bottom[0]  x (N, C, H, W)
    bottom[1]  flow (N, 2, H, W): how many pixels to go to the right, and down
    top        y, shape of x

    Interpolated between four neighbours, the last row and column standing for what lies beyond
    them by less than a pixel. Further out y is 0, or nan for fill_value NOT_A_NUMBER, and has no
    gradient.

    Prototxt: flow_warp_param { fill_value: ZERO }
    Source: Ilg et al., "FlowNet 2.0: Evolution of Optical Flow Estimation with Deep Networks",
            CVPR 2017, and its Caffe.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, flow = bottom_shapes
        if len(x) != 4:
            raise self.error(f"bottom[0] must be (N, C, H, W), got shape {x}")
        wanted = (x[0], 2, *x[2:])
        if flow != wanted:
            raise self.error(
                f"bottom[1] must be a flow {wanted}, as bottom[0] has shape {x}, got shape {flow}"
            )
        return [x]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        n, c, *size = bottom[0].shape
        self._flat = (n, c, prod(size))

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = top[0].data
        corners, self._is_inside = self._corners(bottom[1].data)
        self._corners_now = corners
        flat = bottom[0].data.reshape(self._flat)
        y[...] = 0
        for place, weight, _, _ in corners:
            y += (self._pick(flat, place) * weight[:, None]).reshape(y.shape)
        fills = self.param.flow_warp_param.fill_value == FlowWarpParameter.NOT_A_NUMBER
        outside = ~self._is_inside.reshape(y.shape[0], 1, *y.shape[2:])
        np.copyto(y, np.nan if fills else 0, where=outside)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        n, c = top[0].shape[:2]
        dy = np.where(self._is_inside[:, None], top[0].diff.reshape(self._flat), 0)
        if self.propagate_down[0]:
            dx = bottom[0].diff.reshape(self._flat)
            dx[...] = 0
            items, channels = np.arange(n)[:, None, None], np.arange(c)[:, None]
            for place, weight, _, _ in self._corners_now:
                np.add.at(dx, (items, channels, place[:, None]), dy * weight[:, None])
        if self.propagate_down[1]:
            flow = bottom[1].diff.reshape(n, 2, self._flat[2])
            flat = bottom[0].data.reshape(self._flat)
            flow[...] = 0
            for place, _, along_x, along_y in self._corners_now:
                product = (self._pick(flat, place) * dy).sum(axis=1)
                flow[:, 0] += product * along_x
                flow[:, 1] += product * along_y

    def _corners(self, flow: Array) -> tuple[list[Any], Array]:
        """The four neighbours of where each pixel comes from, and whether that is in the image.

        A neighbour is its place in a flat plane, its weight, and what that grows by as the flow
        goes right and down: each (N, H * W).
        """
        n, _, h, w = flow.shape
        x = (flow[:, 0] + np.arange(w, dtype=flow.dtype)).reshape(n, h * w)
        y = (flow[:, 1] + np.arange(h, dtype=flow.dtype)[:, None]).reshape(n, h * w)
        inside = (x >= 0) & (y >= 0) & (x < w) & (y < h)  # not so for nan
        x, y = np.where(inside, x, 0), np.where(inside, y, 0)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        right, bottom = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1)
        a, b = x - left, y - top
        corners = [
            (row * w + column, weight_y * weight_x, sign_x * weight_y, sign_y * weight_x)
            for row, weight_y, sign_y in ((top, 1 - b, -1), (bottom, b, 1))
            for column, weight_x, sign_x in ((left, 1 - a, -1), (right, a, 1))
        ]
        return corners, inside

    def _pick(self, flat: Array, place: Array) -> Array:
        """The numbers at these places of each plane, (N, C, H * W)."""
        index = np.broadcast_to(place[:, None], flat.shape)
        return np.take_along_axis(flat, index, axis=2)
