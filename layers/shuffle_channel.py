"""ShuffleChannel: deal the channels of groups out, one from each in turn."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("ShuffleChannel")
class ShuffleChannel(Layer):
    """y[:, i group + g] = x[:, g C / group + i]: the channels of each group, spread over all.

    bottom  x (N, C, ...)
    top     y, same shape

    Prototxt: shuffle_channel_param { group: 1 }
    Source: Zhang et al., "ShuffleNet", CVPR 2018; the ShuffleChannelLayer of farmingyard's Caffe.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, group = bottom_shapes[0], self.param.shuffle_channel_param.group
        if len(shape) < 2:
            raise self.error(f"needs a bottom with channels, (N, C, ...), got shape {shape}")
        if group < 1 or shape[1] % group:
            raise self.error(
                f"shuffle_channel_param.group: {group} must divide the channels ({shape[1]})"
            )
        return [shape]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        n, c, *size = bottom[0].shape
        group = self.param.shuffle_channel_param.group
        self._grouped = (n, group, c // group, *size)
        self._dealt = (n, c // group, group, *size)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        return gpu.Rearranging(
            context,
            lambda x, y: (x.reshape(self._grouped).swapaxes(1, 2), y.reshape(self._dealt)),
        )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x = bottom[0].data.reshape(self._grouped)
        top[0].data.reshape(self._dealt)[...] = x.swapaxes(1, 2)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            dy = top[0].diff.reshape(self._dealt)
            bottom[0].diff.reshape(self._grouped)[...] = dy.swapaxes(1, 2)

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
