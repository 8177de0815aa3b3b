"""ConvolutionDepthwise: every channel filtered by itself, one filter each."""

from ..core import register
from .depthwise_convolution import DepthwiseConvolution


@register("ConvolutionDepthwise")
class ConvolutionDepthwise(DepthwiseConvolution):
    """y[c] = bias[c] + filters[c, 0] cross-correlated with channel c of x.

    bottom[i]   (N, C, *size)
    top[i]      (N, C, *out), out as Convolution's
    weights[0]  filters (C, 1, *kernel)
    weights[1]  bias (C,), absent under bias_term: false

    A Convolution whose num_output and group are the number of channels, whatever the prototxt
    says they are, and with its kernels.

    Prototxt: convolution_param { kernel_size, and what Convolution takes besides }
    Source: Howard et al., "MobileNets", 2017; the layer of Tiny-DSOD's and OpenVINO's Caffe.
    """

    def complete(self, channels: int) -> None:
        self.param.convolution_param.num_output = channels
        self.param.convolution_param.group = channels
