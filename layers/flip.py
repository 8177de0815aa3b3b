"""Flip: images turned around."""

from ..core import Array, Blobs, Layer, Shape, register


@register("Flip")
class Flip(Layer):
    """y = x with the rows turned around (flip_width), or their order (flip_height), or both.

    bottom  x (N, C, H, W)
    top     y, same shape; a blob of its own

    Prototxt: flip_param { flip_width: true  flip_height: false }
    Source: the FlipLayer of caffe-windows.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        if len(bottom_shapes[0]) != 4:
            raise self.error(f"the bottom must be (N, C, H, W), got shape {bottom_shapes[0]}")
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = self._turned(bottom[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            bottom[0].diff[...] = self._turned(top[0].diff)

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def _turned(self, x: Array) -> Array:
        param = self.param.flip_param
        return x[:, :, :: -1 if param.flip_height else 1, :: -1 if param.flip_width else 1]
