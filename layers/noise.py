"""Noise: add random numbers while training."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..core.rng import restore_rng, rng_state
from ..kernels import gpu
from ..proto.caffe_pb2 import TRAIN
from .families.elementwise import ElementwiseLayer


@register("Noise")
class Noise(ElementwiseLayer):
    """y = x + bias + noise, normal or uniform; in phase TEST y = x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    With gaussian_std the noise is normal with that standard deviation, else it is uniform
    between -uniform_range and uniform_range; without either there is none, and no bias. A GPU
    draws other numbers than the host does.

    Prototxt: noise_param { gaussian_std: (none)  uniform_range: (none)  bias: 0 }
    Source: the NoiseLayer of caffe-windows.
    """

    derivative_reads_x = False
    gpu_formulas = ("x", "1.f")

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.noise_param
        for field in ("gaussian_std", "uniform_range"):
            if getattr(param, field) < 0:
                raise self.error(
                    f"noise_param.{field}: {getattr(param, field):g} must be 0 or more"
                )
        given = param.HasField("gaussian_std") or param.HasField("uniform_range")
        self._adds = given and self.param.phase == TRAIN

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if not self._adds:
            return super().gpu_kernel(context, bottom, top)
        param = self.param.noise_param
        is_normal = param.HasField("gaussian_std")
        size = param.gaussian_std if is_normal else param.uniform_range
        return gpu.Noise(context, self._gpu_key, param.bias, size, is_normal)

    def _gpu_key(self) -> int:
        return int(self.rng.integers(1 << 64, dtype="uint64"))

    def function(self, x: Array, y: Array) -> None:
        if self._adds:
            np.add(x, np.asarray(self._draw(x.shape), self.dtype), out=y)
        elif x is not y:
            y[...] = x

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0] and bottom[0] is not top[0]:
            bottom[0].diff[...] = top[0].diff

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def state(self) -> dict[str, Any]:
        return rng_state(self.rng) if self._adds else {}

    def restore(self, state: dict[str, Any]) -> None:
        if state:
            restore_rng(self.rng, state)

    def _draw(self, shape: Shape) -> Any:
        param = self.param.noise_param
        if param.HasField("gaussian_std"):
            return self.rng.normal(param.bias, param.gaussian_std, shape)
        low, high = param.bias - param.uniform_range, param.bias + param.uniform_range
        return self.rng.uniform(low, high, shape)
