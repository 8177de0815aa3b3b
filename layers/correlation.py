"""Correlation: how alike the surroundings of a place are in two feature maps."""

from collections.abc import Iterator

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..proto.caffe_pb2 import CorrelationParameter


@register("Correlation")
class Correlation(Layer):
    """y[n, (p, o), i, j] = mean over a patch and all channels of a[n, c, h, w] b[n, c, h', w'].

    h, w run over kernel_size x kernel_size places, the patch of place (i, j);
    (h', w') = (h, w) + stride_2 (p, o), p and o from -r to r, r = max_displacement // stride_2.
    For correlation_type SUBTRACT, |a - b| takes the place of a b.

    bottom[0]  a (N, C, H, W)
    bottom[1]  b, same shape
    top        y (N, (2 r + 1)^2, out_h, out_w): places stride_1 apart whose displaced patches all
               lie in the maps, which get pad zeros on each side

    Prototxt: correlation_param { kernel_size: (required, odd)  max_displacement: (required)
                                  pad: 0  stride_1: 1  stride_2: 1  correlation_type: MULTIPLY }
    Source: Dosovitskiy et al., "FlowNet: Learning Optical Flow with Convolutional Networks",
            ICCV 2015; its Caffe takes a wrong sign in the gradient of SUBTRACT.
    """

    bottom_count = 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.correlation_param
        if param.kernel_size % 2 == 0:
            raise self.error(
                f"correlation_param.kernel_size: {param.kernel_size} must be an odd number; it is "
                "required"
            )
        if not param.HasField("max_displacement"):
            raise self.error("correlation_param.max_displacement is required")
        for field in ("stride_1", "stride_2"):
            if getattr(param, field) < 1:
                raise self.error(f"correlation_param.{field} must be at least 1, got 0")
        for field in ("do_abs", "single_direction"):
            if getattr(param, field):
                raise self.error(f"correlation_param.{field} is not there; remove the field")
        self._subtracts = param.correlation_type == CorrelationParameter.SUBTRACT
        self._reach = param.max_displacement // param.stride_2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        a, b = bottom_shapes
        if len(a) != 4 or a != b:
            raise self.error(f"the bottoms must have one shape (N, C, H, W), got {a} and {b}")
        param = self.param.correlation_param
        border = param.max_displacement + param.kernel_size // 2
        out = [-(-(n + 2 * param.pad - 2 * border) // param.stride_1) for n in a[2:]]
        if min(out) < 1:
            raise self.error(
                f"correlation_param.max_displacement: {param.max_displacement} with kernel_size "
                f"{param.kernel_size} and pad {param.pad} leaves no place of bottoms of shape {a}"
            )
        return [(a[0], (2 * self._reach + 1) ** 2, *out)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        n, c, h, w = bottom[0].shape
        pad = self.param.correlation_param.pad
        self._inside = slice(pad, pad + h), slice(pad, pad + w)
        # Channels last: they are what is summed.
        padded = n, h + 2 * pad, w + 2 * pad, c
        self._maps = [np.zeros(padded, self.dtype) for _ in range(2)]
        self._count = self.param.correlation_param.kernel_size**2 * c

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = top[0].data
        self._load(bottom)
        y[...] = 0
        for k, here, there in self._pairs(y.shape):
            a, b = self._maps[0][:, *here], self._maps[1][:, *there]
            if self._subtracts:
                y[:, k] += np.abs(a - b).sum(axis=3)
            else:
                y[:, k] += np.einsum("nhwc,nhwc->nhw", a, b)
        y /= self._count

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not any(self.propagate_down):
            return
        self._load(bottom)
        dy = top[0].diff / self._count
        gradients = [
            np.zeros_like(m) if self.propagate_down[i] else None for i, m in enumerate(self._maps)
        ]
        for k, here, there in self._pairs(dy.shape):
            a, b = self._maps[0][:, *here], self._maps[1][:, *there]
            share = dy[:, k, :, :, None]
            if self._subtracts:
                slope = np.sign(a - b) * share
                parts = slope, -slope
            else:
                parts = b * share, a * share
            for gradient, place, part in zip(gradients, (here, there), parts, strict=True):
                if gradient is not None:
                    gradient[:, *place] += part
        for blob, gradient in zip(bottom, gradients, strict=True):
            if gradient is not None:
                blob.diff[...] = gradient[:, *self._inside].transpose(0, 3, 1, 2)

    def _load(self, bottom: Blobs) -> None:
        for padded, blob in zip(self._maps, bottom, strict=True):
            padded[:, *self._inside] = blob.data.transpose(0, 2, 3, 1)

    def _pairs(self, y: Shape) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
        """For each channel of y and each place of a patch: where in a, and where in b."""
        param, reach = self.param.correlation_param, self._reach
        shifts = [param.stride_2 * step for step in range(-reach, reach + 1)]
        taps = [(j, i) for j in range(param.kernel_size) for i in range(param.kernel_size)]

        def rows(start: int, axis: int) -> slice:
            first = param.max_displacement + start
            return slice(first, first + param.stride_1 * (y[axis] - 1) + 1, param.stride_1)

        for k, (p, o) in enumerate((p, o) for p in shifts for o in shifts):
            for j, i in taps:
                yield k, (rows(j, 2), rows(i, 3)), (rows(j + p, 2), rows(i + o, 3))
