"""Reverse: one axis from its end to its start."""

import numpy as np

from ..core import Array, Shape, register
from .families.rearranging import RearrangingLayer


@register("Reverse")
class Reverse(RearrangingLayer):
    """y[..., i, ...] = x[..., size - 1 - i, ...], i on the axis.

    bottom  x, any shape with an axis
    top     y, same shape; a blob of its own

    Prototxt: reverse_param { axis: 0 }
    Source: the ReverseLayers of ChWick's Caffe and of CTPN's, for LSTMs in both directions.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._axis(bottom_shapes[0])
        return bottom_shapes

    def rearranged(self, x: Array) -> Array:
        return np.flip(x, self._axis(x.shape))

    def _axis(self, shape: Shape) -> int:
        return self.canonical_axis(self.param.reverse_param.axis, len(shape), "reverse_param.axis")
