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
SMALL_WINDOW = 3


def layouts_inside(
    batch: int,
    window: Window,
    image_channels: int,
    map_channels: int,
    group: int,
    channels_last: tuple[bool, bool],
    scatters: bool,
    forward: bool,
) -> list[Callable[..., Descriptor]]:
    """How to describe the images, and the maps that the windows over them make: best first.

    `channels_last`: whether the caller's arrays are. `scatters`: the pass goes from maps to
    images, as the data gradient of a convolution. `forward`: it is the forward pass.
    """
    if any(channels_last):
        is_picture = image_channels < FEW_CHANNELS and not scatters
        tiles = is_picture and _reordering_pays(window, alone=forward and batch == 1)
        first = Descriptor.unspecified if tiles else Descriptor.channels_last
    else:
        first = _beside_plain(window, image_channels, map_channels, group, scatters)
    return [first, Descriptor.unspecified, Descriptor.plain]


def _reordering_pays(window: Window, alone: bool) -> bool:
    """Whether tiles are so much faster for pictures that reordering the maps costs less.

    It does where maps are small beside the windows that make them, and for small windows over a
    picture that is alone in its batch, which the channels-last code leaves to one thread.
    """
    is_small = 1 < max(window.kernel) <= SMALL_WINDOW
    return min(window.stride) >= WIDE_STRIDE or (alone and is_small)


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
