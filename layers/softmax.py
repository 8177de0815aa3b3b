"""Softmax: scores made probabilities."""

from ..core import Blobs, Calls, Layer, Shape, register
from ..kernels import gpu
from .families.axis_softmax import AxisSoftmax
from .families.fold import fold


@register("Softmax")
class Softmax(Layer):
    """y_c = exp(x_c) / sum_k exp(x_k) along an axis.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    Prototxt: softmax_param { axis: 1 }
    Source: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs",
            1990.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._axis(bottom_shapes[0])
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        shape = bottom[0].shape
        folded = fold(shape, self._axis(shape))
        self._softmax = AxisSoftmax(self.dtype, folded, self.workspace)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._softmax.forward(bottom[0].data, top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            self._softmax.backward(top[0].data, top[0].diff, bottom[0].diff)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        return self._softmax.bind_forward(bottom[0].data, top[0].data)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return gpu.Softmax(context, self._axis(bottom[0].shape))

    def _axis(self, shape: Shape) -> int:
        return self.canonical_axis(self.param.softmax_param.axis, len(shape), "softmax_param.axis")
