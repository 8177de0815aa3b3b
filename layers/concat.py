"""Concat: blobs side by side along an axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import ONE_OR_MORE, Blobs, Calls, Layer, Layout, Shape, register
from ..kernels import cpu, gpu


@register("Concat")
class Concat(Layer):
    """y = the bottoms one after the other along an axis.

    bottom[i]  x_i, equal in shape except along axis
    top        y, as long along axis as all bottoms together

    A single bottom shares its memory with the top.

    Prototxt: concat_param { axis: 1 }; concat_dim is the older name of axis
    Source: Caffe's ConcatLayer.
    """

    bottom_count = ONE_OR_MORE

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.concat_param
        if param.HasField("axis") and param.HasField("concat_dim"):
            raise self.error("concat_param: axis and concat_dim mean the same; give one of them")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        first = bottom_shapes[0]
        axis = self.axis_of(first)
        before, after = first[:axis], first[axis + 1 :]
        for i, shape in enumerate(bottom_shapes):
            if len(shape) != len(first) or (shape[:axis], shape[axis + 1 :]) != (before, after):
                raise self.error(
                    f"bottom[{i}] has shape {shape}, bottom[0] {first}; "
                    f"they may differ along axis {axis} only"
                )
        return [(*before, sum(shape[axis] for shape in bottom_shapes), *after)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self.axis = self.axis_of(bottom[0].shape)
        self._parts = []
        end = 0
        for blob in bottom:
            start, end = end, end + blob.shape[self.axis]
            self._parts.append((*(slice(None),) * self.axis, slice(start, end)))
        self._kernel: Any = None
        if len(bottom) == 1:
            top[0].share_data(bottom[0])
            top[0].share_diff(bottom[0])
        else:
            shapes, placing = [b.shape for b in bottom], self.placing(bottom[0], top[0])
            self._kernel = cpu.prepare_concatenation(shapes, self.axis, self.dtype, **placing)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if len(bottom) > 1:
            return gpu.Concatenation(context, self.axis_of(bottom[0].shape))
        top[0].share_data(bottom[0])
        top[0].share_diff(bottom[0])
        return gpu.NoCalls(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if len(bottom) > 1:
            np.concatenate([blob.data for blob in bottom], self.axis, out=top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if len(bottom) == 1:
            return
        dy = top[0].diff
        for blob, part, wanted in zip(bottom, self._parts, self.propagate_down, strict=True):
            if wanted:
                blob.diff[...] = dy[part]

    def layout(self) -> Layout:
        return Layout.EITHER if len(self.param.bottom) > 1 else Layout.PLAIN

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if self._kernel is None:
            return super().bind_forward(bottom, top, constant=constant)
        return self._kernel.bind_forward([blob.data for blob in bottom], top[0].data)

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if self._kernel is None:
            return super().bind_backward(top, bottom, adds)
        wanted = zip(bottom, self.propagate_down, strict=True)
        return self._kernel.bind_backward(top[0].diff, [b.diff if w else None for b, w in wanted])

    def axis_of(self, shape: Shape) -> int:
        """The axis along which blobs of this shape are put one after the other."""
        param = self.param.concat_param
        field = "concat_dim" if param.HasField("concat_dim") else "axis"
        return self.canonical_axis(getattr(param, field), len(shape), f"concat_param.{field}")
