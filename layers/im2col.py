"""Im2col: every window of an image as a column."""

from math import prod

from ..core import Blobs, Shape, register
from ..kernels import cpu, gpu
from .families.sliding_window import SlidingWindow


@register("Im2col")
class Im2col(SlidingWindow):
    """y[n, (c, tap), o] = x[n, c, o * stride - pad + tap * dilation], zero outside x.

    bottom  x (N, C, *size): any number of spatial axes
    top     y (N, C * product of kernel, *out), out as in Convolution

    A convolution is a product of filters and these columns. N may be several axes: those
    before `axis`.

    Prototxt: convolution_param { kernel_size, stride: 1, pad: 0, dilation: 1, axis: 1 }
    Source: Chellapilla et al., "High Performance Convolutional Neural Networks for Document
            Processing", IWFHR 2006.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param, axes = self.param.convolution_param, len(bottom_shapes[0])
        self.axis = self.canonical_axis(param.axis, axes, "convolution_param.axis")
        if self.axis == axes - 1:
            raise self.error(
                f"convolution_param.axis: {param.axis} leaves no spatial axis "
                f"of a bottom of shape {bottom_shapes[0]}"
            )
        self.window = self.read_window(param, "convolution_param", axes - self.axis - 1)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        if len(shape) - self.axis - 1 != self.window.axes:
            raise self.error(
                f"was set up for {self.window.axes} spatial axes, got a bottom of shape {shape}"
            )
        out = self.window.output_size(shape[self.axis + 1 :])
        self.check_fit("convolution_param", out, shape[self.axis + 1 :])
        columns = shape[self.axis] * prod(self.window.kernel)
        return [(*shape[: self.axis], columns, *out)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        shape = bottom[0].shape
        self._x_shape = (prod(shape[: self.axis]), *shape[self.axis :])
        self._y_shape = (self._x_shape[0], *top[0].shape[self.axis :])
        self._kernel = cpu.prepare_im2col(self._x_shape, self.window, self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return gpu.Im2col(context, self.window)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data
        self._kernel.forward(x.reshape(self._x_shape), y.reshape(self._y_shape))

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            dy, dx = top[0].diff, bottom[0].diff
            self._kernel.backward(dy.reshape(self._y_shape), dx.reshape(self._x_shape))
