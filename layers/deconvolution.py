"""Deconvolution: the transpose of a convolution, which makes its bottom larger."""

from typing import Any

from ..core import Shape, register
from ..core.window import Sizes
from ..kernels import cpu
from .families.convolution import FilterBank


@register("Deconvolution")
class Deconvolution(FilterBank):
    """y = bias + the sum over x's positions of x times the filters, laid down there.

    bottom[i]   (N, C, *size): any number of spatial axes
    top[i]      (N, num_output, *out)  with  out = stride * (size - 1) + extent - 2 pad
                                       and   extent = dilation * (kernel - 1) + 1
    weights[0]  filters (C, num_output / group, *kernel)
    weights[1]  bias (num_output,), absent under bias_term: false

    Its forward pass is the bottom gradient of a Convolution with the same parameters, also
    called transposed convolution. group: C with the bilinear filler is bilinear upsampling.

    Prototxt: convolution_param { num_output, kernel_size, stride: 1, pad: 0, dilation: 1,
                                  group: 1, bias_term: true, axis: 1, weight_filler, bias_filler }
              One number for all axes, one for each, or kernel_h and kernel_w (stride_h, pad_h...).
    Source: Zeiler et al., "Deconvolutional Networks", CVPR 2010;
            Long et al., "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015.
    """

    transposed = True

    def filters_shape(self) -> Shape:
        return (self.channels, self.num_output // self.group, *self.window.kernel)

    def output_size(self, size: Sizes) -> Sizes:
        return self.window.transposed_size(size)

    def make_kernel(self, x_shape: Shape, **placing: Any) -> Any:
        return cpu.prepare_deconvolution(
            x_shape, self.num_output, self.window, self.group, self.dtype, **placing
        )
