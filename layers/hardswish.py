"""HardSwish: HSwish under its other name."""

from ..core import register
from .hswish import HSwish


@register("HardSwish")
class HardSwish(HSwish):
    """y = x min(max(x + 3, 0), 6) / 6: HSwish as other forks spell it.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Howard et al., "Searching for MobileNetV3", ICCV 2019; several forks of Caffe.
    """
