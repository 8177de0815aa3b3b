"""Permute: the axes in another order."""

from ..core import Array, Shape, register
from .families.rearranging import RearrangingLayer


@register("Permute")
class Permute(RearrangingLayer):
    """y = x with its axes in another order: axis i of y is axis order[i] of x.

    bottom  x, any shape
    top     y, the sizes of x in that order; a blob of its own

    Axes that order does not name follow in rising order: with order: 0 order: 2, a bottom
    (N, C, H, W) becomes (N, H, C, W). Heads of detectors go from (N, C, H, W) to (N, H, W, C), so
    that the numbers of a box lie side by side.

    Prototxt: permute_param { order: (axes, none twice) }
    Source: the PermuteLayer of SSD's Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        axes, order = len(bottom_shapes[0]), list(self.param.permute_param.order)
        for axis in order:
            if axis >= axes:
                raise self.error(
                    f"permute_param.order: {axis} is no axis of a bottom of shape "
                    f"{bottom_shapes[0]}; its axes are 0 to {axes - 1}"
                )
            if order.count(axis) > 1:
                raise self.error(f"permute_param.order: names axis {axis} more than once")
        self._order = (*order, *(axis for axis in range(axes) if axis not in order))

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        if len(shape) != len(self._order):
            raise self.error(
                f"was set up for bottoms with {len(self._order)} axes, got shape {shape}"
            )
        return [tuple(shape[axis] for axis in self._order)]

    def rearranged(self, x: Array) -> Array:
        return x.transpose(self._order)
