"""TanH: hyperbolic tangent."""

from ..core import Array, register
from .families.activation import Activation


@register("TanH")
class TanH(Activation):
    """y = tanh(x).

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Source: Caffe's TanHLayer.
    """

    derivative_reads_x = False

    def function(self, x: Array, y: Array) -> None:
        self.xp.tanh(x, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        self.xp.multiply(y, y, out=space)
        return self.xp.subtract(1, space, out=space)
