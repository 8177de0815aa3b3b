"""The Normalize of SSD, which norm_param tells from that of caffe-windows."""

from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Layer, Shape
from ...kernels import gpu
from ...proto.caffe_pb2 import FillerParameter
from .fold import fold


class NormalizeLength(Layer):
    """y = s x / sqrt(sum x^2 + eps), the sum over the channels of a place or over a whole item.

    layers/normalize.py says what the bottom, the top, the weight and the parameters are.
    """

    type = "Normalize"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.norm_param
        self._check(bottom_shapes[0])
        if param.eps < 0:
            raise self.error(f"norm_param.eps: {param.eps:g} must be 0 or more")
        has_filler = param.HasField("scale_filler")
        filler = param.scale_filler if has_filler else FillerParameter(value=1)
        self.add_weight(() if param.channel_shared else bottom_shapes[0][1:2], filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        self._check(shape)
        scales = self.weights[0].shape
        if scales and scales != shape[1:2]:
            raise self.error(
                f"learned a scale for each of {scales[0]} channels; the bottom, {shape}, "
                f"has {shape[1]}"
            )
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._folded = fold(bottom[0].shape, 1)
        self._summed = (1, 2) if self.param.norm_param.across_spatial else (1,)
        # Backward reads what forward made of x, and needs room for a product.
        self._unit, self._product = (Blob(self._folded, self.dtype) for _ in range(2))
        self._length: Any = None

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        param = self.param.norm_param
        return gpu.Normalize(
            context, param.eps, whole_items=param.across_spatial, scale=self.weights[0]
        )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = (blob.data.reshape(self._folded) for blob in (bottom[0], top[0]))
        squares = np.multiply(x, x, out=self._product.data)
        sums = squares.sum(axis=self._summed, keepdims=True)
        self._length = np.sqrt(sums + self.dtype_of(self.param.norm_param.eps))
        unit = np.divide(x, self._length, out=self._unit.data)
        np.multiply(unit, self._scales(), out=y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        """With u = x / length and g = s dy: dx = (g - u sum(u g)) / length."""
        dy, unit, product = top[0].diff.reshape(self._folded), self._unit.data, self._product.data
        np.multiply(dy, unit, out=product)
        if self.param_propagate_down[0]:
            scales = self.weights[0]
            scales.diff[...] += product.sum(axis=(0, 2) if scales.shape else None)
        if self.propagate_down[0]:
            product *= self._scales()
            sums = product.sum(axis=self._summed, keepdims=True)
            dx = bottom[0].diff.reshape(self._folded)
            np.multiply(dy, self._scales(), out=dx)
            dx -= np.multiply(unit, sums, out=product)
            dx /= self._length

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def dtype_of(self, number: float) -> Array:
        """A number in the dtype of the net: a double would turn all it meets into doubles."""
        return np.asarray(number, self.dtype)

    def _scales(self) -> Array:
        scales = self.weights[0]
        return scales.data[:, None] if scales.shape else scales.data

    def _check(self, shape: Shape) -> None:
        if len(shape) < 2:
            raise self.error(f"needs a bottom with channels, (N, C, ...), got shape {shape}")
