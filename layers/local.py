"""Local: a convolution with filters of their own at every place."""

from ..core import register
from .families.local_filters import LocalFilters


@register("Local")
class Local(LocalFilters):
    """y[n, m, o] = sum_k w[m, 0, k, o] x_k(o) + b[0, 0, m, o], x_k(o) number k in window o of x.

    bottom   x (N, C, H, W), of one size for good
    top      y (N, num_output, out_h, out_w)
    weights  w (num_output, 1, C kernel_size^2, out_h out_w),
             b (1, 1, num_output, out_h out_w) unless bias_term is false

    Prototxt: local_param { num_output: (required)  kernel_size: (required)  stride: 1  pad: 0
                            bias_term: true  weight_filler { value: 0 }  bias_filler { value: 0 } }
    Source: Taigman et al., "DeepFace: Closing the Gap to Human-Level Performance in Face
            Verification", CVPR 2014; the LocalLayer of caffe-windows.
    """

    param_name = "local_param"
