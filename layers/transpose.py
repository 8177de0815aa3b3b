"""Transpose: the axes in another order."""

from ..core import Blobs, Layer, Shape, register


@register("Transpose")
class Transpose(Layer):
    """y = x with its axes in the order dim: axis i of y is axis dim[i] of x.

    bottom  x, any shape with an axis
    top     y, the same sizes in another order; a blob of its own

    Prototxt: transpose_param { dim: (required, each axis once) }
    Source: the TransposeLayer of CTPN's Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._order = tuple(self.param.transpose_param.dim)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        if not shape or sorted(self._order) != list(range(len(shape))):
            raise self.error(
                f"transpose_param.dim: {list(self._order)} must name each axis of the bottom, of "
                f"shape {shape}, once"
            )
        return [tuple(shape[axis] for axis in self._order)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = bottom[0].data.transpose(self._order)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            bottom[0].diff.transpose(self._order)[...] = top[0].diff

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
