"""Downsample: smaller flow fields, in which nan stands for what is unknown."""

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Downsample")
class Downsample(Layer):
    """y = mean of the pixels around, weighted with a triangle that reaches one pixel of y.

    bottom[0]  x (N, C, H, W)
    bottom[1]  optional: a blob (N, C', top_height, top_width) whose size y gets
    top        y (N, C, top_height, top_width)

    The corners of x and y lie on one another. Where nan has more than half the weight of the
    numbers, y is nan; elsewhere it is left out. Has no gradient.

    Prototxt: downsample_param { top_height, top_width: (required without bottom[1]) }
    Source: the DownsampleLayer of FlowNet 2.0's Caffe.
    """

    bottom_count = range(1, 3)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        for i, shape in enumerate(bottom_shapes):
            if len(shape) != 4:
                raise self.error(f"bottom[{i}] must be (N, C, H, W), got shape {shape}")
        param, x = self.param.downsample_param, bottom_shapes[0]
        height, width = param.top_height, param.top_width
        if len(bottom_shapes) == 2:
            height, width = bottom_shapes[1][2:]
        for field, out, size in (("top_height", height, x[2]), ("top_width", width, x[3])):
            if out < 2 and out != size:
                raise self.error(
                    f"downsample_param.{field}: {out} must be at least 2 for a bottom of shape {x}"
                )
        return [(*x[:2], height, width)]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._rows, self._columns = (
            np.asarray(_weights(size, out), self.dtype)
            for size, out in zip(bottom[0].shape[2:], top[0].shape[2:], strict=True)
        )

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if any(self.propagate_down):
            return None  # the host's code says that it has no gradient
        self.prepare_kernels(bottom, top)
        return gpu.Resizing(context, self._rows, self._columns, skips_unknown=True)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x = bottom[0].data
        is_known = ~np.isnan(x)
        known = self._around(is_known.astype(self.dtype))
        unknown = self._around((~is_known).astype(self.dtype))
        total = self._around(np.where(is_known, x, 0))
        mean = total / np.where(known > 0, known, 1)
        top[0].data[...] = np.where(unknown > known / 2, np.nan, mean)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error(
                "has no gradient; give it propagate_down: false once for each of its bottoms"
            )

    def _around(self, planes: Array) -> Array:
        return self._rows @ planes @ self._columns.T


def _weights(size: int, out: int) -> Array:
    """What each of `size` pixels counts in each of `out`, (out, size)."""
    if size == out:
        return np.eye(size)
    if size == 1:
        return np.ones((out, 1))
    step = (size - 1) / (out - 1)
    distance = np.abs(np.arange(out)[:, None] * step - np.arange(size))
    return np.maximum(1 - distance / step, 0)
