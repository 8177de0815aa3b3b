"""Tile: a blob repeated along an axis."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Tile")
class Tile(Layer):
    """y = x repeated `tiles` times along an axis.

    bottom  x, any shape with an axis
    top     y, tiles times as long along axis

    Prototxt: tile_param { axis: 1  tiles: (required) }
    Source: Caffe's TileLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.tiles = self.param.tile_param.tiles
        if self.tiles < 1:
            raise self.error("tile_param.tiles is required and must be at least 1")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        axis = self._axis(shape)
        return [(*shape[:axis], shape[axis] * self.tiles, *shape[axis + 1 :])]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        shape = bottom[0].shape
        self.axis = self._axis(shape)
        self._apart = (*shape[: self.axis], self.tiles, *shape[self.axis :])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        order = (self.axis, *(i for i in range(len(self._apart)) if i != self.axis))
        return gpu.Repeating(context, lambda y: y.reshape(self._apart).transpose(order)[None])

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        tiles = top[0].data.reshape(self._apart)
        tiles[...] = np.expand_dims(bottom[0].data, self.axis)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            tiles = top[0].diff.reshape(self._apart)
            np.sum(tiles, axis=self.axis, out=bottom[0].diff)

    def _axis(self, shape: Shape) -> int:
        return self.canonical_axis(self.param.tile_param.axis, len(shape), "tile_param.axis")
