"""Nms: the peaks of score maps."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu

_REACH = 3  # how far around a peak its place is measured


@register("Nms")
class Nms(Layer):
    """y = the places where a map is above a threshold and above all eight neighbours.

    bottom  x (N, C, H, W): maps, of which the first num_parts count
    top     y (N, num_parts, max_peaks + 1, 3): y[n, c, 0, 0] peaks, in rows 1 and following x, y
            and the value of each, by row and column of the map; 0 in all other places

    Peaks do not lie on the border. Where a peak lies is the mean of the places at most 3 away, not
    in the first row or column, weighted by their values, if above 0. Of more than max_peaks the
    first are given. Has no backward pass.

    Prototxt: nms_param { threshold: 0.5  max_peaks: 20  num_parts: 15 }
    Source: Cao et al., "Realtime Multi-Person 2D Pose Estimation", CVPR 2017, and the NmsLayer of
            its caffe_rtpose, which counts peaks beyond max_peaks, and takes the width of a map for
            its height around a peak.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.nms_param
        for field in ("max_peaks", "num_parts"):
            if getattr(param, field) < 1:
                raise self.error(f"nms_param.{field}: must be 1 or more")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, param = bottom_shapes[0], self.param.nms_param
        if len(shape) != 4:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {shape}")
        if shape[1] < param.num_parts:
            raise self.error(
                f"nms_param.num_parts: {param.num_parts} is more than the bottom has maps, "
                f"{shape[1]}"
            )
        return [(shape[0], param.num_parts, param.max_peaks + 1, 3)]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if any(self.propagate_down):
            return None  # the host's backward says that there is none
        param = self.param.nms_param
        wanted, most = param.num_parts, param.max_peaks
        return gpu.Peaks(context, bottom[0].shape, wanted, most, param.threshold, _REACH)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        param, y = self.param.nms_param, top[0].data
        y[...] = 0
        for place in np.ndindex(y.shape[:2]):
            values = bottom[0].data[place]
            peaks = _peaks(values, param.threshold)[: param.max_peaks]
            y[(*place, 0, 0)] = len(peaks)
            for i, (row, column) in enumerate(peaks, 1):
                y[(*place, i)] = (*_place(values, row, column), values[row, column])

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottom a gradient")


def _peaks(values: np.ndarray, threshold: float) -> np.ndarray:
    """Row and column of each peak, (n, 2)."""
    inner = values[1:-1, 1:-1]
    h, w = values.shape
    is_peak = inner > threshold
    for row in range(3):
        for column in range(3):
            if (row, column) != (1, 1):
                is_peak &= inner > values[row : h - 2 + row, column : w - 2 + column]
    return np.argwhere(is_peak) + 1


def _place(values: np.ndarray, row: int, column: int) -> tuple[float, float]:
    """x and y of a peak, to parts of a pixel."""
    top, left = max(row - _REACH, 1), max(column - _REACH, 1)
    weights = np.maximum(values[top : row + _REACH + 1, left : column + _REACH + 1], 0)
    rows, columns = (np.arange(size) for size in weights.shape)
    total = weights.sum()
    if total <= 0:  # below a threshold that lets in what is negative
        return float(column), float(row)
    x = left + (weights.sum(axis=0) * columns).sum() / total
    return float(x), float(top + (weights.sum(axis=1) * rows).sum() / total)
