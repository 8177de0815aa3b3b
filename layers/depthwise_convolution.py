"""DepthwiseConvolution: every channel filtered by itself."""

from ..core import Shape, register
from .convolution import Convolution


@register("DepthwiseConvolution")
class DepthwiseConvolution(Convolution):
    """y[k] = bias[k] + filters[k, 0] cross-correlated with channel k C / num_output of x.

    bottom[i]   (N, C, *size)
    top[i]      (N, num_output, *out), out as Convolution's
    weights[0]  filters (num_output, 1, *kernel)
    weights[1]  bias (num_output,), absent under bias_term: false

    A Convolution whose group is the number of channels, and with its kernels. A group that says
    otherwise is obeyed.

    Prototxt: convolution_param { num_output, kernel_size, group: (the number of channels) }
              and what Convolution takes besides
    Source: Howard et al., "MobileNets", 2017; the layer of yonghenglh6's and MobileNet-YOLO's
            Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param, shape = self.param.convolution_param, bottom_shapes[0]
        axis = self.canonical_axis(param.axis, len(shape), "convolution_param.axis")
        self.complete(shape[axis])
        super().setup(bottom_shapes)

    def complete(self, channels: int) -> None:
        """Fill in what the prototxt may leave out."""
        if not self.param.convolution_param.HasField("group"):
            self.param.convolution_param.group = channels
