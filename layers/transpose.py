"""Transpose: the axes in another order."""

from ..core import Array, Shape, register
from .families.rearranging import RearrangingLayer


@register("Transpose")
class Transpose(RearrangingLayer):
    """y = x with its axes in the order dim: axis i of y is axis dim[i] of x.

    bottom  x, any shape with an axis
    top     y, the same sizes in another order; a blob of its own

    Prototxt: transpose_param { dim: (required, each axis once) }
    Source: the TransposeLayer of CTPN's Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._order = tuple(self.param.transpose_param.dim)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        if not shape or sorted(self._order) != list(range(len(shape))):
            raise self.error(
                f"transpose_param.dim: {list(self._order)} must name each axis of the bottom, of "
                f"shape {shape}, once"
            )
        return [tuple(shape[axis] for axis in self._order)]

    def rearranged(self, x: Array) -> Array:
        return x.transpose(self._order)
