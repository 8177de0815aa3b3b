"""Flatten: several axes made one."""

from math import prod

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Flatten")
class Flatten(Layer):
    """y = x with the axes from axis to end_axis made one.

    bottom  x, any shape with an axis
    top     y, sharing x's memory

    Prototxt: flatten_param { axis: 1  end_axis: -1 }
    Source: Caffe's FlattenLayer.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        param = self.param.flatten_param
        first = self.canonical_axis(param.axis, len(shape), "flatten_param.axis")
        last = self.canonical_axis(param.end_axis, len(shape), "flatten_param.end_axis")
        if first > last:
            raise self.error(
                f"flatten_param: axis {param.axis} comes after end_axis {param.end_axis} "
                f"in a bottom of shape {shape}"
            )
        return [(*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :])]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        top[0].share_data(bottom[0])
        top[0].share_diff(bottom[0])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        return gpu.NoCalls(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass  # the top is the bottom's memory

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        pass  # the top's gradient is the bottom's memory
