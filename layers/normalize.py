"""Normalize: vectors of length 1, as caffe-windows trains faces with them."""

from typing import Any

from ..core import Layer, Rng, register
from ..proto import ConfigError
from .families.normalize_channels import NormalizeChannels


@register("Normalize")
class Normalize(Layer):
    """y = x / norm, the norm taken over the channels of each place.

    bottom  x (N, C), or up to (N, C, H, W)
    top[0]  y, with four axes; a blob of its own
    top[1]  optional: the norms (N, 1, H, W)

    The norm is sqrt(sum x^2 + 1e-6), or sum |x| + 1e-6 for normalize_type "L1". A gradient comes
    back through top[1] only with bp_norm.

    Prototxt: normalize_param { normalize_type: "L2"  bp_norm: false }
    Source: the NormalizeLayer of caffe-windows.
    """

    def __new__(
        cls, param: Any, device: str = "cpu", dtype: Any = "float32", rng: Rng | None = None
    ) -> Layer:
        """The layer of the dialect that the parameter's message tells."""
        if not param.HasField("normalize_param"):
            raise ConfigError(
                f"layer {param.name!r} (Normalize): needs normalize_param, which says what norm "
                "to take"
            )
        return NormalizeChannels(param, device, dtype, rng)
