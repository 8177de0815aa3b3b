"""The layouts in which an operation with filters is fastest, reordering included.

By rules, not by timing, so that a run can be repeated bit for bit. They are measured on a
processor with AVX-512, over the layers in benchmarks/kernels.py.
"""

from collections.abc import Callable

from ...core import Window
from .descriptors import Descriptor

FEW_CHANNELS = 8
TILE = 16  # channels
WIDE_STRIDE = 4


def layouts_inside(
    window: Window,
    image_channels: int,
    map_channels: int,
    group: int,
    channels_last: tuple[bool, bool],
    scatters: bool,
) -> list[Callable[..., Descriptor]]:
    """How to describe the images, and the maps that the windows over them make: best first.

    `channels_last`: whether the caller's arrays are. `scatters`: the pass goes from maps to
    images, as the data gradient of a convolution.
    """
    if any(channels_last):
        first = Descriptor.channels_last
    else:
        first = _beside_plain(window, image_channels, map_channels, group, scatters)
    return [first, Descriptor.unspecified, Descriptor.plain]


def _beside_plain(
    window: Window, image_channels: int, map_channels: int, group: int, scatters: bool
) -> Callable[..., Descriptor]:
    if window.is_pointwise:
        return Descriptor.plain  # one matrix product for each image, nothing to reorder
    if scatters and (image_channels < FEW_CHANNELS or min(window.stride) >= WIDE_STRIDE):
        return Descriptor.plain  # else tiles of mostly padding, or taps that nothing shares
    if group == image_channels == map_channels or image_channels < FEW_CHANNELS:
        return Descriptor.unspecified  # for depthwise and for pictures there is special code
    if image_channels % TILE or map_channels % TILE:
        return Descriptor.channels_last  # needs no padding to whole tiles
    return Descriptor.unspecified
