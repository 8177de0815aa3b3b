"""SpatialDropout: silence whole channels at random while training."""

from ..core import Blobs, Shape, register
from .dropout import Dropout
from .families.lottery import Lottery


@register("SpatialDropout")
class SpatialDropout(Dropout):
    """y = x / (1 - dropout_ratio) or, for a channel with probability dropout_ratio, 0; TEST: y = x.

    bottom  x (N, C, ...)
    top     y, same shape; may be the bottom itself (in place)

    The ratio may stand in dropout_param, too.

    Prototxt: spatial_dropout_param { dropout_ratio: 0.5 }
    Source: Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR
            2015; the SpatialDropoutLayer of ENet's Caffe.
    """

    drops_channels = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        own, other = "spatial_dropout_param", "dropout_param"
        is_other = self.param.HasField(other) and not self.param.HasField(own)
        self._start(other if is_other else own)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        if len(bottom_shapes[0]) < 2:
            raise self.error(
                f"needs a bottom with channels, (N, C, ...), got shape {bottom_shapes[0]}"
            )
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        n, c, *size = bottom[0].shape
        # Drawn for channels; the kernel of Dropout draws for numbers.
        self._lottery, self._kernel = Lottery((n, c, *(1 for _ in size)), self.ratio), None
