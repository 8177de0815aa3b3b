"""Normalize: vectors of length 1."""

from ..core import Shape, register
from .families.normalize_dialect import NormalizeChannels


@register("Normalize")
class Normalize(NormalizeChannels):
    """y = x / norm, the norm taken over the channels of each place.

    bottom  x (N, C), or up to (N, C, H, W)
    top[0]  y, with four axes
    top[1]  optional: the norms (N, 1, H, W)

    The norm is sqrt(sum x^2 + 1e-6), or sum |x| + 1e-6 for normalize_type "L1". A gradient comes
    back through top[1] only with bp_norm.

    Prototxt: normalize_param { normalize_type: "L2"  bp_norm: false }
    Source: the NormalizeLayer of caffe-windows.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if not self.param.HasField("normalize_param"):
            raise self.error("needs normalize_param, which says what norm to take")
        super().setup(bottom_shapes)
