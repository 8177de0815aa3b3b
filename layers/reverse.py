"""Reverse: one axis from its end to its start."""

from ..core import Array, Blobs, Layer, Shape, register


@register("Reverse")
class Reverse(Layer):
    """y[..., i, ...] = x[..., size - 1 - i, ...], i on the axis.

    bottom  x, any shape with an axis
    top     y, same shape; a blob of its own

    Prototxt: reverse_param { axis: 0 }
    Source: the ReverseLayers of ChWick's Caffe and of CTPN's, for LSTMs in both directions.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._axis(bottom_shapes[0])
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = self._reversed(bottom[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            bottom[0].diff[...] = self._reversed(top[0].diff)

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def _reversed(self, x: Array) -> Array:
        return self.xp.flip(x, self._axis(x.shape))

    def _axis(self, shape: Shape) -> int:
        return self.canonical_axis(self.param.reverse_param.axis, len(shape), "reverse_param.axis")
