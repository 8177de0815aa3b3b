"""Convolution: a bank of learned filters slid over images, sequences or volumes."""

from typing import Any

from ..core import Shape, register
from ..core.window import Sizes
from ..kernels import cpu
from .families.convolution import FilterBank


@register("Convolution")
class Convolution(FilterBank):
    """y[k] = bias[k] + the sum over channels c of filters[k, c] cross-correlated with x[c].

    bottom[i]   (N, C, *size): any number of spatial axes
    top[i]      (N, num_output, *out)  with  out = (size + 2 pad - extent) // stride + 1
                                       and   extent = dilation * (kernel - 1) + 1
    weights[0]  filters (num_output, C / group, *kernel)
    weights[1]  bias (num_output,), absent under bias_term: false

    All bottoms share the filters. With group: g, channels and filters are cut into g equal
    parts and part i of the filters sees only part i of the channels. N may be several axes:
    those before `axis`. engine and force_nd_im2col choose between kernels of Caffe's; they
    change no result and are not needed here.

    Prototxt: convolution_param { num_output, kernel_size, stride: 1, pad: 0, dilation: 1,
                                  group: 1, bias_term: true, axis: 1, weight_filler, bias_filler }
              One number for all axes, one for each, or kernel_h and kernel_w (stride_h, pad_h...).
    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998;
            group from Krizhevsky et al., NIPS 2012; dilation from Yu and Koltun, ICLR 2016.
    """

    def filters_shape(self) -> Shape:
        return (self.num_output, self.channels // self.group, *self.window.kernel)

    def output_size(self, size: Sizes) -> Sizes:
        return self.window.output_size(size)

    def make_kernel(self, x_shape: Shape, **placing: Any) -> Any:
        return cpu.prepare_convolution(
            x_shape, self.num_output, self.window, self.group, self.dtype, **placing
        )
