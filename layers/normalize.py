"""Normalize: vectors of one length, as SSD has them and as caffe-windows trains faces with them."""

from typing import Any

from ..core import Layer, Rng, register
from .families.normalize_channels import NormalizeChannels
from .families.normalize_length import NormalizeLength


@register("Normalize")
class Normalize(Layer):
    """y = s x / sqrt(sum x^2 + eps), the sum over the channels of a place or over a whole item.

    bottom      x (N, C, ...)
    top         y, same shape; a blob of its own
    weights[0]  s (C), or one number, shape (), with channel_shared

    With across_spatial, the default, the sum runs over everything in an item; without, over the
    channels of each place alone.

    With normalize_param instead, caffe-windows's: y = x / norm without weights, the norm over the
    channels of each place being sqrt(sum x^2 + 1e-6), or sum |x| + 1e-6 for "L1"; y has four axes.
    top[1], optional, is the norms (N, 1, H, W); a gradient comes back through it with bp_norm.

    Prototxt: norm_param { across_spatial: true  scale_filler { value: 1 }  channel_shared: true
                           eps: 1e-10 }
              normalize_param { normalize_type: "L2"  bp_norm: false }
    Source: Liu, Rabinovich and Berg, "ParseNet: Looking Wider to See Better", 2015; the
            NormalizeLayers of SSD's Caffe and of caffe-windows.
    """

    def __new__(cls, param: Any, dtype: Any = "float32", rng: Rng | None = None) -> Layer:
        """The layer of the dialect that the parameter's message tells."""
        dialect = NormalizeChannels if param.HasField("normalize_param") else NormalizeLength
        return dialect(param, dtype, rng)
