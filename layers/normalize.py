"""Normalize: vectors of one length, as SSD scales the features of conv4_3."""

from typing import Any

from ..core import Layer, Rng, register
from ..proto import ConfigError
from .families.normalize_length import NormalizeLength


@register("Normalize")
class Normalize(Layer):
    """y = s x / sqrt(sum x^2 + eps), the sum over the channels of a place or over a whole item.

    bottom      x (N, C, ...)
    top         y, same shape; a blob of its own
    weights[0]  s (C), or one number, shape (), with channel_shared

    With across_spatial, the default, the sum runs over everything in an item; without, over the
    channels of each place alone.

    Prototxt: norm_param { across_spatial: true  scale_filler { value: 1 }  channel_shared: true
                           eps: 1e-10 }
    Source: Liu, Rabinovich and Berg, "ParseNet: Looking Wider to See Better", 2015; the
            NormalizeLayer of SSD's Caffe.
    """

    def __new__(
        cls, param: Any, device: str = "cpu", dtype: Any = "float32", rng: Rng | None = None
    ) -> Layer:
        """The layer of the dialect that the parameter's message tells."""
        if param.HasField("normalize_param"):
            raise ConfigError(
                f"layer {param.name!r} (Normalize): normalize_param: is caffe-windows's, and not "
                "supported; SSD's is norm_param"
            )
        return NormalizeLength(param, device, dtype, rng)
