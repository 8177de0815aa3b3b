"""Convolution3D: Convolution over time and image."""

from ..core import Shape, register
from .convolution import Convolution


@register("Convolution3D")
class Convolution3D(Convolution):
    """y[k] = bias[k] + the sum over channels c of filters[k, c] cross-correlated with x[c].

    bottom[i]   (N, C, L, H, W)
    top[i]      (N, num_output, *out), out as Convolution's
    weights[0]  filters (num_output, C / group, kernel_depth, kernel_size, kernel_size)
    weights[1]  bias (num_output,), absent under bias_term: false

    A Convolution, with its kernels. filter_group changes no result and is not needed here.

    Prototxt: convolution3d_param { num_output, kernel_size, kernel_depth, stride: 1,
              temporal_stride: 1, pad: 0, temporal_pad: 0, group: 1, bias_term: true,
              weight_filler, bias_filler }; C3D 1.0 writes it as convolution_param
    Source: Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV
            2015, and its Caffe, C3D.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if len(bottom_shapes[0]) != 5:
            raise self.error(f"needs a bottom (N, C, L, H, W), got shape {bottom_shapes[0]}")
        if not self.param.convolution_param.HasField("kernel_depth"):
            self._translate()
        super().setup(bottom_shapes)

    def _translate(self) -> None:
        """Say as a convolution_param what the convolution3d_param says."""
        given, param = self.param.convolution3d_param, self.param.convolution_param
        for field in ("kernel_size", "kernel_depth"):
            if not given.HasField(field):
                raise self.error(f"convolution3d_param.{field}: is required")
        param.Clear()
        for field, value in given.ListFields():
            if field.name == "filter_group":
                continue
            if field.message_type:
                getattr(param, field.name).CopyFrom(value)
            elif field.name in ("pad", "kernel_size", "stride"):
                getattr(param, field.name).append(value)
            else:
                setattr(param, field.name, value)
