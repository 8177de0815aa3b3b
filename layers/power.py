"""Power: a power of a linear function."""

import numpy as np

from ..core import Array, Blobs, Shape, log, register
from ..kernels import gpu
from ..proto.caffe_pb2 import TRAIN
from .families.elementwise import ElementwiseLayer, silently


@register("Power")
class Power(ElementwiseLayer):
    """y = (shift + scale * x) ** power.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    In place only powers 0 and 1 train. With others backward gives what Caffe gives, which is not
    the gradient: there the derivative takes the place of dy before dy is read, and y that of x.

    Prototxt: power_param { power: 1  scale: 1  shift: 0 }
    Source: Caffe's PowerLayer.
    """

    derivative_reads_x = False

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.power_param
        self.power, self.scale, self.shift = param.power, param.scale, param.shift
        self._slope_scale = self.power * self.scale
        self._has_constant_slope = self.power == 1 or self._slope_scale == 0
        in_place = list(self.param.bottom) == list(self.param.top) != []
        if in_place and self.param.phase == TRAIN and not self._has_constant_slope:
            log.warning(
                "power_layer.cpp:10",
                f"layer {self.name!r} (Power): has no true gradient in place; "
                f"to train through it, give the top a name other than {self.param.top[0]!r}",
            )

    def function(self, x: Array, y: Array) -> None:
        if self._slope_scale == 0:
            y[...] = self.shift
        else:
            self._affine(x, y)
        if self.power != 1:
            y **= self.power

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        if self._has_constant_slope:
            return self._slope_scale
        self._affine(x, space)
        space **= self.power - 1
        space *= self._slope_scale
        return space

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        numbers, affine = [self.scale, self.shift, self.power], "(a * x + b)"
        function = "b" if self._slope_scale == 0 else affine
        if self.power != 1:
            function = _power(function, self.power, "c")
        derivative, gradient = "a * c", None
        if not self._has_constant_slope:
            derivative += " * " + _power(affine, self.power - 1, "(c - 1)")
            if bottom[0] is top[0]:
                root = "a * c * " + ("(a * y + b)" if self.power == 2 else "(y / (a * y + b))")
                gradient = f"({root}) * ({root})"
        if not self.propagate_down[0]:
            derivative, gradient = None, None
        return gpu.Elementwise(context, function, derivative, numbers, gradient)

    @silently
    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if bottom[0] is not top[0] or self._has_constant_slope or not self.propagate_down[0]:
            super().backward_cpu(top, bottom)
            return
        y, slope = top[0].data, bottom[0].diff
        self._affine(y, slope)
        if self.power != 2:
            np.divide(y, slope, out=slope)
        slope *= self._slope_scale
        slope *= slope

    def _affine(self, x: Array, out: Array) -> None:
        np.multiply(x, self.scale, out=out)
        out += self.shift


def _power(base: str, exponent: float, name: str) -> str:
    """base ** exponent in CUDA's C, quick where it can be; name is what the exponent is there."""
    quick = {1: base, 2: f"({base} * {base})", 0.5: f"sqrtf({base})", -1: f"(1 / {base})"}
    return quick.get(exponent, f"powf({base}, {name})")
