"""Reshape: the same numbers in another shape."""

from math import prod

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Reshape")
class Reshape(Layer):
    """y = x in another shape.

    bottom  x, any shape
    top     y, sharing x's memory

    The shape given replaces num_axes axes (-1: all the rest) from axis on, where axis -1 means
    behind the last. In it, 0 stands for the bottom's size there and a single -1 for whatever is
    left over.

    Prototxt: reshape_param { shape { dim: (any number) }  axis: 0  num_axes: -1 }
    Source: Caffe's ReshapeLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.reshape_param
        self.dims = list(param.shape.dim)
        if min(self.dims, default=0) < -1 or self.dims.count(-1) > 1:
            raise self.error(
                f"reshape_param.shape: {self.dims} may hold sizes, 0 (copy) and one -1 (the rest)"
            )
        if param.num_axes < -1:
            raise self.error(
                f"reshape_param.num_axes: {param.num_axes} must be at least 0, or -1 for all"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        start, end = self._replaced(shape)
        middle = list(self.dims)
        for i, n in enumerate(middle):
            if n == 0:
                if start + i >= len(shape):
                    raise self.error(
                        f"reshape_param.shape: {self.dims} copies axis {start + i}, which a "
                        f"bottom of shape {shape} does not have"
                    )
                middle[i] = shape[start + i]
        if -1 in middle:
            known = [*shape[:start], *(n for n in middle if n != -1), *shape[end:]]
            middle[middle.index(-1)] = self._left_over(shape, known)
        top = (*shape[:start], *middle, *shape[end:])
        if prod(top) != prod(shape):
            raise self.error(
                f"reshape_param: a bottom of shape {shape} has {prod(shape)} numbers, "
                f"the top {top} would have {prod(top)}"
            )
        return [top]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        top[0].share_data(bottom[0])
        top[0].share_diff(bottom[0])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        return gpu.NoCalls(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        pass  # the top is the bottom's memory

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        pass  # the top's gradient is the bottom's memory

    def _replaced(self, shape: Shape) -> tuple[int, int]:
        """The first axis that goes, and the first one after it that stays."""
        param = self.param.reshape_param
        axes = len(shape)
        start = param.axis if param.axis >= 0 else axes + param.axis + 1
        end = axes if param.num_axes == -1 else start + param.num_axes
        if not 0 <= start <= axes or end > axes:
            raise self.error(
                f"reshape_param: axis {param.axis} and num_axes {param.num_axes} are out of "
                f"range for a bottom with {axes} axes"
            )
        return start, end

    def _left_over(self, shape: Shape, known: list[int]) -> int:
        """The size for -1, given all other sizes of the top."""
        if 0 in known:
            # An empty axis, such as a Filter's that kept nothing, stands on both sides.
            shape, known = tuple(n for n in shape if n), [n for n in known if n]
        return prod(shape) // prod(known)
