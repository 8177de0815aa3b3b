"""Flip: images turned around."""

from ..core import Array, Shape, register
from .families.rearranging import RearrangingLayer


@register("Flip")
class Flip(RearrangingLayer):
    """y = x with the rows turned around (flip_width), or their order (flip_height), or both.

    bottom  x (N, C, H, W)
    top     y, same shape; a blob of its own

    Prototxt: flip_param { flip_width: true  flip_height: false }
    Source: the FlipLayer of caffe-windows.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        if len(bottom_shapes[0]) != 4:
            raise self.error(f"the bottom must be (N, C, H, W), got shape {bottom_shapes[0]}")
        return bottom_shapes

    def rearranged(self, x: Array) -> Array:
        param = self.param.flip_param
        return x[:, :, :: -1 if param.flip_height else 1, :: -1 if param.flip_width else 1]
