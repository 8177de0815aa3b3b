"""What operations that slide a window ask for: its numbers as the library takes them."""

from ....core import Window
from ....core.window import Sizes
from ..errors import PlanningError
from ..prototypes import Dims

MOST_SPATIAL_AXES = 3


def sliding(window: Window) -> list:
    """Strides, dilations less 1, padding before and after.

    A convolution rounds down, so that what the padding after it leaves over does not matter.
    """
    check_axes(window)
    return [
        Dims(*window.stride),
        Dims(*(d - 1 for d in window.dilation)),
        Dims(*window.pad),
        Dims(*window.pad),
    ]


def pooling(window: Window, size: Sizes, out: Sizes) -> list:
    """Strides, kernel, dilations less 1, padding before and after.

    The padding after is what makes the library count `out` windows, however Caffe rounded.
    """
    check_axes(window)
    geometry = zip(size, out, window.extent, window.stride, window.pad, strict=True)
    after = [max(0, (o - 1) * s + e - n - p) for n, o, e, s, p in geometry]
    return [
        Dims(*window.stride),
        Dims(*window.kernel),
        Dims(*(d - 1 for d in window.dilation)),
        Dims(*window.pad),
        Dims(*after),
    ]


def check_axes(window: Window) -> None:
    """Raise PlanningError unless the library slides windows along as many axes."""
    if not 1 <= window.axes <= MOST_SPATIAL_AXES:
        raise PlanningError(
            f"oneDNN: slides windows along 1 to {MOST_SPATIAL_AXES} axes, not {window.axes}"
        )
