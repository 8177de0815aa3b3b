"""Silence: a sink for blobs that nobody reads."""

from ..core import ONE_OR_MORE, Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Silence")
class Silence(Layer):
    """Takes blobs that would otherwise be outputs of the net, and gives nothing.

    bottom[i]  x_i, any shape; its gradient is 0

    Source: Caffe's SilenceLayer.
    """

    bottom_count = ONE_OR_MORE
    top_count = 0

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return []

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return gpu.Constant(context, [])

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        for blob, wanted in zip(bottom, self.propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0
