"""SpatialDropout: silence whole channels at random while training."""

from typing import Any

from ..core import Array, Blobs, Shape, register
from ..proto.caffe_pb2 import TRAIN
from .families.elementwise import ElementwiseLayer
from .families.lottery import Lottery, draw


@register("SpatialDropout")
class SpatialDropout(ElementwiseLayer):
    """y = x / (1 - dropout_ratio) or, for a channel with probability dropout_ratio, 0; TEST: y = x.

    bottom  x (N, C, ...)
    top     y, same shape; may be the bottom itself (in place)

    The ratio may stand in dropout_param, too.

    Prototxt: spatial_dropout_param { dropout_ratio: 0.5 }
    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR
            2015; the SpatialDropoutLayer of ENet's Caffe.
    """

    # As in Dropout, what is dropped is a function of a seed and the number of the pass.
    derivative_reads_x = False

    def setup(self, bottom_shapes: list[Shape]) -> None:
        name = "spatial_dropout_param"
        if not self.param.HasField(name) and self.param.HasField("dropout_param"):
            name = "dropout_param"
        self.ratio = getattr(self.param, name).dropout_ratio
        if not 0 <= self.ratio < 1:
            raise self.error(f"{name}.dropout_ratio: {self.ratio:g} must be at least 0 and below 1")
        self._drops = self.param.phase == TRAIN
        if self._drops:
            self._seed = int(self.rng.integers(1 << 63))
            self._passes = 0

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        if len(bottom_shapes[0]) < 2:
            raise self.error(
                f"needs a bottom with channels, (N, C, ...), got shape {bottom_shapes[0]}"
            )
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        n, c, *size = bottom[0].shape
        self._lottery = Lottery(self.xp, (n, c, *(1 for _ in size)), self.ratio)

    def function(self, x: Array, y: Array) -> None:
        if self._drops:
            self._passes += 1
        self._drop(x, y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            self._drop(top[0].diff, bottom[0].diff)

    backward_gpu = backward_cpu

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def state(self) -> dict[str, Any]:
        return {"seed": self._seed, "passes": self._passes} if self._drops else {}

    def restore(self, state: dict[str, Any]) -> None:
        if self._drops:
            self._seed, self._passes = state["seed"], state["passes"]

    def _drop(self, x: Array, y: Array) -> None:
        """Scale x to y, and silence the channels that this pass drops."""
        if not self._drops:
            if x is not y:
                y[...] = x
            return
        losers = self._lottery.losers(draw(self._seed, self._passes))
        self.xp.multiply(x, 1 / (1 - self.ratio), out=y)
        self.xp.copyto(y, 0, where=losers)
