"""ReLU: rectified linear unit."""

from ..core import Blobs, Layer, Shape, register


@register("ReLU")
class ReLU(Layer):
    """y = x where x > 0, else negative_slope * x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: relu_param { negative_slope: 0 }
    Source: Nair and Hinton, "Rectified Linear Units Improve RBMs", ICML 2010.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.slope = self.param.relu_param.negative_slope
        if self.slope < 0 and list(self.param.bottom) == list(self.param.top):
            # Backward reads the sign of x, which in place is only known from y.
            raise self.error(
                f"relu_param.negative_slope: {self.slope:g} cannot work in place; "
                f"give the top a name other than {self.param.bottom[0]!r}"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._scratch = self.xp.empty(bottom[0].shape, self.dtype) if self.slope else None
        self._gate = self.xp.empty(bottom[0].shape, bool)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data
        if self._scratch is None:
            self.xp.maximum(x, 0, out=y)
            return
        leak = self.xp.minimum(x, 0, out=self._scratch)
        leak *= self.slope
        self.xp.maximum(x, 0, out=y)
        y += leak

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        x, dy, dx = bottom[0].data, top[0].diff, bottom[0].diff
        gate = self.xp.greater(x, 0, out=self._gate)
        if self._scratch is None:
            self.xp.multiply(dy, gate, out=dx)
            return
        factor = self._scratch
        factor[...] = self.slope
        factor[gate] = 1
        self.xp.multiply(dy, factor, out=dx)

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu
