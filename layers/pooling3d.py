"""Pooling3D: Pooling over time and image."""

from ..core import Shape, Window, register
from .pooling import Pooling


@register("Pooling3D")
class Pooling3D(Pooling):
    """y = max, mean or a random draw of x under a window that slides over time, rows and columns.

    bottom  x (N, C, L, H, W)
    top[0]  y (N, C, *out), out as Pooling's
    top[1]  only with MAX: the place of each maximum in its flat volume, shaped like y

    A Pooling, with its kernels.

    Prototxt: pooling3d_param { pool: MAX, kernel_size, kernel_depth, stride: 1,
                                temporal_stride: 1, pad: 0, temporal_pad: 0 };
              C3D 1.0 writes it as pooling_param
    Source: Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV
            2015, and its Caffe, C3D.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        is_old = self.param.pooling_param.HasField("kernel_depth")
        self._field = "pooling_param" if is_old else "pooling3d_param"
        param = getattr(self.param, self._field)
        if not param.HasField("kernel_depth"):
            raise self.error("pooling3d_param.kernel_depth: is required")
        self.param.pooling_param.pool = param.pool
        super().setup(bottom_shapes)

    def window_of(self, axes: int) -> Window:
        return self.read_window(getattr(self.param, self._field), self._field, axes)
