"""RegionPoolingLayer: what ROIPooling and PSROIPooling share."""

from abc import abstractmethod
from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Layer, Shape
from ...kernels import gpu
from ...kernels.gpu.region_windows import RegionWindows
from ...proto import ConfigError


class RegionPoolingLayer(Layer):
    """Cuts regions out of feature maps and pools each to a grid of windows.

    bottom[0]  x (N, C, H, W)
    bottom[1]  regions (R, 5): item, x1, y1, x2, y2 in pixels of the image; no gradient
    top        y (R, outputs, windows down, windows across)

    A subclass gives the shape of a region's output and, in edges, where its windows lie.
    """

    bottom_count = 2

    @abstractmethod
    def edges(self, first: Array, last: Array, windows: int) -> tuple[Array, Array]:
        """First and end of the windows along one axis, (R, windows), fractions allowed.

        first, last: the coordinates x1, x2 (or y1, y2) of the regions, (R, 1)
        """

    def check_bottoms(self, bottom_shapes: list[Shape]) -> None:
        """Raise ConfigError unless there are maps and regions."""
        x, regions = bottom_shapes
        if len(x) != 4:
            raise self.error(f"bottom[0] must be feature maps (N, C, H, W), got shape {x}")
        if len(regions) < 2 or regions[1] != 5 or any(size != 1 for size in regions[2:]):
            raise self.error(
                "bottom[1] must be regions (R, 5), each an item, x1, y1, x2 and y2, got shape "
                f"{regions}"
            )

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def gpu_windows(
        self, context: gpu.Context, bottom: Blobs, scale: float, rounds_first: bool
    ) -> RegionWindows:
        """What finds the windows on a GPU, as edges does on the host."""
        self._regions: Blob = bottom[1]
        self._item_count = bottom[0].shape[0]
        return RegionWindows(context, scale, rounds_first, bottom[0].shape, self._explain)

    def _explain(self, r: int) -> ConfigError:
        return self._no_item(self._regions.data.reshape(-1, 5)[r], r, self._item_count)

    def read_regions(self, bottom: Blobs, out: Shape) -> tuple[Any, Any, Any]:
        """Which item each region is of, its rows (R, down, 2) and its columns (R, across, 2)."""
        x, regions = bottom[0], bottom[1].data.reshape(-1, 5)
        items = self._items(regions, x.shape[0])
        rows, columns = (
            self._windows(regions[:, first], regions[:, last], windows, size)
            for first, last, windows, size in (
                (2, 4, out[2], x.shape[2]),
                (1, 3, out[3], x.shape[3]),
            )
        )
        return items, rows, columns

    def give_regions_no_gradient(self, bottom: Blobs) -> None:
        """Write zeros, if anybody asks: above regions that a net proposes stands what it learns."""
        if self.propagate_down[1]:
            bottom[1].diff[...] = 0

    def _items(self, regions: Array, count: int) -> Array:
        items = np.trunc(regions[:, 0])
        wrong = ~((items >= 0) & (items < count)) | ~np.isfinite(regions).all(axis=1)
        if wrong.any():
            r = int(wrong.argmax())
            raise self._no_item(regions[r], r, count)
        return items.astype(np.int64)

    def _no_item(self, region: Array, r: int, count: int) -> ConfigError:
        found = ", ".join(f"{float(value):g}" for value in region)
        return self.error(
            f"region {r} of bottom[1] is ({found}): item, x1, y1, x2, y2 must be numbers, "
            f"and the item one of the {count} of bottom[0], counted from 0",
            item=r,
        )

    def _windows(self, first: Array, last: Array, windows: int, size: int) -> Array:
        starts, ends = self.edges(first[:, None], last[:, None], windows)
        edges = np.stack([np.floor(starts), np.ceil(ends)], axis=2)
        return np.clip(edges, 0, size).astype(np.int64)


def round_half_away(x: Array) -> Array:
    """The nearest whole number, as C's round has it: 0.5 becomes 1, and -0.5 becomes -1."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) >= 0.5, x)
