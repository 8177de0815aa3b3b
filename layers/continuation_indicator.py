"""ContinuationIndicator: where sequences start, for LSTM layers."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("ContinuationIndicator")
class ContinuationIndicator(Layer):
    """cont[t, n] = 0 for the first step t of every sequence n, 1 for the others.

    top  cont (time_step, batch_size)

    Prototxt: continuation_indicator_param { time_step: (required)  batch_size: (required) }
    Source: the ContinuationIndicatorLayer of warpctc-caffe.
    """

    bottom_count = 0

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.continuation_indicator_param
        for field in ("time_step", "batch_size"):
            if getattr(param, field) < 1:
                raise self.error(
                    f"continuation_indicator_param.{field} is required and must be at least 1"
                )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        param = self.param.continuation_indicator_param
        return [(param.time_step, param.batch_size)]

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return gpu.ContinuationIndicator(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[0] = 0
        top[0].data[1:] = 1

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        pass
