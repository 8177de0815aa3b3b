"""NormalizingLayer: what BatchNorm, its like and MVN share."""

import numpy as np

from ...core import Array, Blob, Blobs, Layer, Shape
from .parts import Parts


class NormalizingLayer(Layer):
    """y = (x - mean) / deviation, with the mean and variance of each part of x.

    bottom  x
    top     y, same shape; may be the bottom itself (in place)

    A subclass says with fold_bottom how x falls into parts: folded to (outer, parts, inner), a
    part is all numbers with one middle index. Its forward writes self.mean and self.inverse, one
    number for each part, shape (parts, 1), and calls the methods below.
    """

    mean: Array
    inverse: Array  # 1 / deviation

    def fold_bottom(self, shape: Shape) -> tuple[int, int, int]:
        """The shape (outer, parts, inner) of a bottom of this shape."""
        raise NotImplementedError

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.fold_bottom(bottom_shapes[0])
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        shape = bottom[0].shape
        self._folded = outer, _, inner = self.fold_bottom(shape)
        self.part_size = outer * inner
        self.parts = Parts(self._folded)
        # In place x is lost, and a layer after this one may write over y in its turn.
        in_place = bottom[0] is top[0]
        self._kept_y = Blob(self._folded, self.dtype) if in_place else None
        self._scratch = Blob(self._folded, self.dtype)

    def folded(self, array: Array) -> Array:
        """An array of x's shape as (outer, parts, inner)."""
        return array.reshape(self._folded)

    def mean_of(self, x: Array) -> Array:
        """The mean of each part of a folded array, in float64 from rows summed pairwise."""
        return self.parts.row_sums(x).sum(axis=0, dtype="float64")[:, None] / self.part_size

    def mean_product(self, x: Array, y: Array) -> Array:
        """The mean of x * y over each part of folded arrays, in float64 from sums of rows."""
        rows = self.parts.row_products(x, y)
        return rows.sum(axis=0, dtype="float64")[:, None] / self.part_size

    def keep(self, y: Array) -> None:
        """Keep y for backward, where it cannot be computed again."""
        if self._kept_y:
            self._kept_y.data[...] = y

    def kept_or_x(self, bottom: Blobs) -> Array:
        """What keep() kept in place, else x, folded."""
        return self._kept_y.data if self._kept_y else self.folded(bottom[0].data)

    def space(self, bottom: Blobs) -> Array:
        """Room for a folded array: dx, unless dy is there or nobody wants dx."""
        if self._kept_y or not self.propagate_down[0]:
            return self._scratch.data
        return self.folded(bottom[0].diff)

    def normalized(self, bottom: Blobs) -> Array:
        """(x - mean) / deviation again: what was kept, or computed in space()."""
        if self._kept_y:
            return self._kept_y.data
        y = np.subtract(self.folded(bottom[0].data), self.mean, out=self.space(bottom))
        self.parts.scale(y, self.inverse, None, y)
        return y

    def standardization_gradient(self, top: Blobs, bottom: Blobs) -> None:
        """Write dx = (dy - mean(dy) - y mean(y dy)) / deviation: x moves its own statistics."""
        dy, dx = self.folded(top[0].diff), self.folded(bottom[0].diff)
        y, total = self.normalized(bottom), self.space(bottom)
        dy_mean, y_dy_mean = self.mean_of(dy), self.mean_product(y, dy)
        self.parts.scale(y, self.as_dtype(-y_dy_mean), self.as_dtype(-dy_mean), total)
        total += dy
        self.parts.scale(total, self.inverse, None, dx)

    def as_dtype(self, statistics: Array) -> Array:
        """Statistics, measured in float64, in the dtype of the arrays they are to meet."""
        return statistics.astype(self.dtype)
