"""Resample: images of another size."""

from math import ceil, floor
from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..proto.caffe_pb2 import ResampleParameter
from .families.resizing import ResizingLayer

_NEAREST, _LINEAR, _CUBIC = (
    getattr(ResampleParameter, name) for name in ("NEAREST", "LINEAR", "CUBIC")
)


@register("Resample")
class Resample(ResizingLayer):
    """y = x, every plane interpolated to another height and width.

    bottom[0]  x (N, C, H, W)
    bottom[1]  optional: a blob (N, C', height, width) whose size y gets; its gradient is 0
    top        y (N, C, height, width); height and width are fields without bottom[1]

    NEAREST takes the nearest pixel, LINEAR weighs with a triangle that reaches 1 pixel, CUBIC
    with Catmull and Rom's spline, which reaches 2. When an image gets smaller, antialias widens
    them as much. Weights add up to 1 at the border as well. If height and width change by
    different factors, rows and columns lie half a pixel times the other's factor from the border,
    as in the fork.

    Prototxt: resample_param { height, width  type: LINEAR  antialias: true }
              factor is accepted and has no effect.
    Source: Ilg et al., "FlowNet 2.0", CVPR 2017, whose Caffe has no backward pass here.
    """

    bottom_count = range(1, 3)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.resample_param
        if param.type not in (_NEAREST, _LINEAR, _CUBIC):
            raise self.error("resample_param.type: AREA is not there; use NEAREST, LINEAR or CUBIC")
        if len(bottom_shapes) == 1 and not (param.height and param.width):
            raise self.error(
                "resample_param.height and width are required, and must be at least 1, where no "
                "bottom[1] tells the size"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        for i, shape in enumerate(bottom_shapes):
            if len(shape) != 4 or 0 in shape[2:]:
                raise self.error(f"bottom[{i}] must be (N, C, H, W), got shape {shape}")
        param = self.param.resample_param
        size = bottom_shapes[1][2:] if len(bottom_shapes) == 2 else (param.height, param.width)
        return [(*bottom_shapes[0][:2], *size)]

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def mixing(self, bottom: Blobs, top: Blobs) -> tuple[Array, Array]:
        sizes, out = bottom[0].shape[2:], top[0].shape[2:]
        param, factors = self.param.resample_param, [n / m for n, m in zip(sizes, out, strict=True)]
        shrinks = max(factors) > 1 and param.antialias
        rows, columns = (
            _weights(param.type, n, m, factor, other, shrinks)
            for n, m, factor, other in zip(sizes, out, factors, factors[::-1], strict=True)
        )
        return rows, columns

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        super().backward_cpu(top, bottom)
        if any(self.propagate_down[1:]):
            bottom[1].diff[...] = 0


def _weights(kind: Any, size: int, out: int, factor: float, other: float, shrinks: bool) -> Any:
    """What each of `size` pixels counts in each of `out`, (out, size)."""
    matrix = np.zeros((out, size))
    scale = 1 / factor if shrinks else 1.0
    reach = 2 if factor < 1 else ceil((4 if kind == _CUBIC else 2) / scale)
    for i in range(out):
        place = i * factor + other / 2 - 0.5
        nearest = floor(place + 0.5) if place >= 0 else ceil(place - 0.5)
        if kind == _NEAREST:
            matrix[i, min(max(nearest, 0), size - 1)] = 1
            continue
        for j in range(max(nearest - reach, 0), min(nearest + reach, size - 1) + 1):
            distance = abs(place - j) * scale
            matrix[i, j] = _cubic(distance) if kind == _CUBIC else max(1 - distance, 0)
    total = matrix.sum(axis=1, keepdims=True)
    return matrix / np.where(total == 0, 1, total)


def _cubic(x: float) -> float:
    if x <= 1:
        return x * x * (1.5 * x - 2.5) + 1
    return x * (x * (2.5 - 0.5 * x) - 4) + 2 if x < 2 else 0
