"""Layers that compute y = f(x), each number for itself."""

from collections.abc import Sequence

import numpy as np

from ...core import Array, Blob, Blobs, Layer, Layout, Shape
from ...kernels import gpu

# As in Caffe the logarithm of 0 is -inf and goes on its way: whoever reads it can tell.
silently = np.errstate(divide="ignore", over="ignore", invalid="ignore")


class ElementwiseLayer(Layer):
    """y = f(x), each number for itself.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    A subclass implements

        function(x, y)             write f(x) to y, which may be x itself
        derivative(x, y, space)    give f'(x); space, of x's shape, may hold the answer

    and sets derivative_reads_x = False where y alone tells the derivative: otherwise a layer in
    place keeps a copy of x. self.scratch, a blob of x's shape, is free for both to use.

    For GPUs gpu_formulas says the same: f as an expression of CUDA's C in x, f' as one in x and y,
    or None if there is no backward pass; both may use a, b and c, which are the gpu_numbers.
    """

    derivative_reads_x = True
    gpu_formulas: tuple[str, str | None] | None = None

    def function(self, x: Array, y: Array) -> None:
        """Write f(x) to y, which may be x itself."""
        raise NotImplementedError

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        """Give f'(x)."""
        raise self.error("has no backward pass")

    def gpu_numbers(self) -> Sequence[float]:
        """The numbers a, b and c in gpu_formulas, as many as there are."""
        return ()

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if self.gpu_formulas is None:
            return None
        function, derivative = self.gpu_formulas
        if not self.propagate_down[0]:
            derivative = None
        elif derivative is None:
            return None  # the host's backward says that there is none
        return gpu.Elementwise(context, function, derivative, self.gpu_numbers())

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return bottom_shapes

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        # Blobs, since they take no memory before they are used.
        self.scratch = bottom[0].like()
        self._slope = bottom[0].like()
        keeps_x = bottom[0] is top[0] and self.derivative_reads_x
        self._kept_x: Blob | None = bottom[0].like() if keeps_x else None

    def input(self, bottom: Blobs) -> Array:
        """The x of the last forward pass, also in place."""
        return (self._kept_x or bottom[0]).data

    @silently
    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x = bottom[0].data
        if self._kept_x:
            self._kept_x.data[...] = x
        self.function(x, top[0].data)

    @silently
    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        dy, dx = top[0].diff, bottom[0].diff
        space = self._slope.data if bottom[0] is top[0] else dx
        slope = self.derivative(self.input(bottom), top[0].data, space)
        np.multiply(dy, slope, out=dx)

    def layout(self) -> Layout:
        return Layout.EITHER
