"""PoolingND: Pooling along any number of axes."""

from ..core import Shape, Window, register
from .pooling import Pooling


@register("PoolingND")
class PoolingND(Pooling):
    """y = max, mean or a random draw of x under a window that slides along the spatial axes.

    bottom  x (N, C, *size)
    top[0]  y (N, C, *out), out as Pooling's
    top[1]  only with MAX: the place of each maximum in its flat plane, shaped like y

    A Pooling, with its kernels.

    Prototxt: pooling_nd_param { pool: MAX, kernel_size, stride: 1, pad: 0 }
              One number for all axes, or one for each.
    Source: the PoolingND layer of the Caffe of 3-D U-Nets.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self.param.pooling_param.pool = self.param.pooling_nd_param.pool
        super().setup(bottom_shapes)

    def window_of(self, axes: int) -> Window:
        return self.read_window(self.param.pooling_nd_param, "pooling_nd_param", axes)
