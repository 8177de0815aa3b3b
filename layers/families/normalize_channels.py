"""The Normalize of caffe-windows, which normalize_param tells from SSD's."""

import numpy as np

from ...core import Array, Blobs, Layer, Shape
from ...kernels import gpu

_EPSILON = 1e-6


class NormalizeChannels(Layer):
    """y = x / norm, the norm taken over the channels of each place.

    bottom  x (N, C), or up to (N, C, H, W)
    top[0]  y, with four axes
    top[1]  optional: the norms (N, 1, H, W)

    The norm is sqrt(sum x^2 + 1e-6), or sum |x| + 1e-6 for normalize_type "L1". A gradient comes
    back through top[1] only with bp_norm.

    Prototxt: normalize_param { normalize_type: "L2"  bp_norm: false }
    Source: the NormalizeLayer of caffe-windows.
    """

    type = "Normalize"
    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_norm = tops == 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.normalize_param
        if param.normalize_type not in ("L1", "L2"):
            raise self.error(
                f'normalize_param.normalize_type: {param.normalize_type!r} must be "L1" or "L2"'
            )
        if param.fix_gradient:
            raise self.error(
                "normalize_param.fix_gradient: there is no other gradient than the true one; "
                "remove the field"
            )
        self._is_l1 = param.normalize_type == "L1"

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (x,) = bottom_shapes
        if not 2 <= len(x) <= 4:
            raise self.error(f"the bottom must be (N, C) to (N, C, H, W), got shape {x}")
        y = (*x, *(1,) * (4 - len(x)))
        return [y, (y[0], 1, *y[2:])][: 1 + self._gives_norm]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        gradient = self.param.normalize_param.bp_norm
        return gpu.Normalize(context, _EPSILON, is_l1=self._is_l1, norms_gradient=gradient)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x = bottom[0].data.reshape(top[0].shape)
        if self._is_l1:
            norm = np.abs(x).sum(axis=1, keepdims=True) + _EPSILON
        else:
            norm = np.sqrt(np.square(x).sum(axis=1, keepdims=True) + _EPSILON)
        self._norm = norm
        np.divide(x, norm, out=top[0].data)
        if self._gives_norm:
            top[1].data[...] = norm

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        y, dy = top[0].data, top[0].diff
        d_norm: Array = -(y * dy).sum(axis=1, keepdims=True) / self._norm
        if self._gives_norm and self.param.normalize_param.bp_norm:
            d_norm = d_norm + top[1].diff
        dx = bottom[0].diff.reshape(y.shape)
        np.divide(dy, self._norm, out=dx)
        dx += d_norm * (np.sign(y) if self._is_l1 else y)
