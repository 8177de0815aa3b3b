"""Reorg: trade places of an image for channels, or channels for places."""

from ..core import Array, Blobs, Layer, Layout, Shape, register
from ..kernels import gpu


@register("Reorg")
class Reorg(Layer):
    """y = numbers of x in another order: stride^2 times the channels, or that part of them.

    bottom  x (N, C, H, W)
    top     y (N, C stride^2, H / stride, W / stride);
            with reverse (N, C / stride^2, H stride, W stride)

    With reverse, places of stride x stride are filled from as many channels, C / stride^2 apart.
    Without, it is not the inverse of that: as in Darknet, the memory of x is read as if it were
    (N, C / stride^2, H stride, W stride), so that both forms need stride^2 to divide C.

    Prototxt: reorg_param { stride: (required)  reverse: false }
    Source: Redmon and Farhadi, "YOLO9000", CVPR 2017; the ReorgLayer of MobileNet-YOLO, whose
            backward pass on the CPU ignores the gradient of its top.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if self.param.reorg_param.stride < 1:
            raise self.error("reorg_param.stride: is required, and at least 1")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, stride = bottom_shapes[0], self.param.reorg_param.stride
        if len(shape) != 4:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {shape}")
        n, c, h, w = shape
        if c % stride**2:
            raise self.error(
                f"reorg_param.stride: its square, {stride**2}, must divide the channels ({c})"
            )
        if self.param.reorg_param.reverse:
            return [(n, c // stride**2, h * stride, w * stride)]
        if h % stride or w % stride:
            raise self.error(f"reorg_param.stride: {stride} must divide height and width {(h, w)}")
        return [(n, c * stride**2, h // stride, w // stride)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        (n, c, h, w), stride = bottom[0].shape, self.param.reorg_param.stride
        self._places = (n, c // stride**2, h, stride, w, stride)
        self._channels = (n, stride, stride, c // stride**2, h, w)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        if self.param.reorg_param.reverse:
            return gpu.Rearranging(context, lambda x, y: self._views(y, x)[::-1])
        return gpu.Rearranging(context, self._views, layout=Layout.PLAIN)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if self.param.reorg_param.reverse:
            self._spread(bottom[0].data, top[0].data)
        else:
            self._gather(bottom[0].data, top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        if self.param.reorg_param.reverse:
            self._gather(top[0].diff, bottom[0].diff)
        else:
            self._spread(top[0].diff, bottom[0].diff)

    def _spread(self, channels: Array, places: Array) -> None:
        spread, gathered = self._views(places, channels)
        spread[...] = gathered

    def _gather(self, places: Array, channels: Array) -> None:
        spread, gathered = self._views(places, channels)
        gathered[...] = spread

    def _views(self, places: Array, channels: Array) -> tuple[Array, Array]:
        """Both, with the same number in the same place."""
        spread = places.reshape(self._places).transpose(0, 3, 5, 1, 2, 4)
        return spread, channels.reshape(self._channels)

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
