"""Mean: images with the mean of a data set taken off or put back."""

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..core.layer import ONE_OR_MORE
from ..proto import ConfigError, read_mean
from ..proto.caffe_pb2 import MeanParameter


@register("Mean")
class Mean(Layer):
    """y = output_scale (input_scale x + mean_scale mean), or minus the mean for SUBTRACT.

    bottom[i]  x (N, C, H, W)
    top[i]     y, same shape; may be the bottom itself (in place)

    The mean is value, one number per channel, or the image in file, (1, C', H, W); both repeat
    along the channels.

    Prototxt: mean_param { operation: (required, ADD or SUBTRACT)  value or file: (required)
                           input_scale: 1  mean_scale: 1  output_scale: 1 }
    Source: the MeanLayer of FlowNet 2.0's Caffe, which has no backward pass.
    """

    bottom_count = ONE_OR_MORE
    top_count = None

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.mean_param
        if not param.HasField("operation"):
            raise self.error("mean_param.operation is required: ADD or SUBTRACT")
        if bool(param.value) == param.HasField("file"):
            raise self.error("mean_param: give value or file, one of them")
        if param.value:
            mean = np.array(param.value).reshape(-1, 1, 1)
        else:
            try:
                mean = read_mean(param.file)
            except ConfigError as problem:
                raise self.error(f"mean_param.file: {problem}") from None
            mean = mean.reshape((1, 1, 1, *mean.shape)[-4:])
            if len(mean) != 1:
                raise self.error(f"mean_param.file: holds {len(mean)} images; it must be one")
            mean = mean[0]
        sign = -1 if param.operation == MeanParameter.SUBTRACT else 1
        self._mean: Array = np.asarray(
            mean * sign * param.mean_scale * param.output_scale, self.dtype
        )
        self._factor = param.input_scale * param.output_scale

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        channels, *size = self._mean.shape
        for i, x in enumerate(bottom_shapes):
            if len(x) != 4 or x[1] % channels or size not in ([1, 1], list(x[2:])):
                raise self.error(
                    f"bottom[{i}], of shape {x}, must be images (N, C, H, W) for a mean of shape "
                    f"{self._mean.shape}: as high and as wide, with so many channels or a multiple"
                )
        return bottom_shapes

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        for x, y in zip(bottom, top, strict=True):
            n, c, h, w = x.shape
            by_mean = n, c // len(self._mean), len(self._mean), h, w
            out = y.data.reshape(by_mean)
            np.multiply(x.data.reshape(by_mean), self._factor, out=out)
            out += self._mean

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        for x, y, wanted in zip(bottom, top, self.propagate_down, strict=True):
            if wanted:
                np.multiply(y.diff, self._factor, out=x.diff)

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
