"""Convolution: banks of filters slid over images, and their transposes."""

from collections.abc import Sequence
from math import prod
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout, Window
from ..slope import Slope
from .context import Context
from .correlation import Correlation
from .cudnn_choice import may_ask_cudnn
from .folded import fold_axes
from .kernel import Wants
from .part_sums import PartSums


class Convolution:
    """Convolution of each bottom with the same filters, or Deconvolution, its transpose.

    filters     (K, C / group, *kernel); transposed: (C, K / group, *kernel)
    bias        (K,), or None
    axis        that of the channels; those before it count the images
    transposed  whether bottoms are the maps, and tops the images
    """

    backward_reads = True, False
    applies_relu = True

    def __init__(
        self,
        context: Context,
        filters: Blob,
        bias: Blob | None,
        window: Window,
        group: int,
        axis: int,
        transposed: bool,
    ):
        self._context, self._filters, self._bias = context, filters, bias
        self._window, self._group, self._axis = window, group, axis
        self._transposed = transposed
        self._made: dict[Any, Any] = {}

    @property
    def layout(self) -> Layout:
        """Channels-last, as neighbouring channels are read together."""
        return Layout.CHANNELS_LAST if self._axis == 1 else Layout.PLAIN

    def bind_forward(self, bottom: Blobs, top: Blobs, slope: Slope | None = None) -> Sequence[Call]:
        filters = self._filters.gpu_data
        bias = self._bias.gpu_data if self._bias else None
        calls: list[Call] = []
        for x, y in self._pairs(bottom, top, "gpu_data", "gpu_data"):
            calls += self._kernel(x, y).forward(x, filters, bias, y, slope)
        return calls

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        calls: list[Call] = []
        pairs = self._pairs(bottom, top, "gpu_data", "gpu_diff")
        for i, (x, dy) in enumerate(pairs):
            kernel = self._kernel(x, dy)
            if self._bias and wants.weights[1]:
                calls += PartSums(self._context).bind(
                    fold_axes(top[i], self._axis),
                    *(self._bias.gpu_diff, dy),
                    adds=wants.adds[1] or i > 0,
                )
            if wants.weights[0]:
                adds = wants.adds[0] or i > 0
                calls += kernel.backward_filters(x, dy, self._filters.gpu_diff, adds)
            if wants.bottoms[i]:
                dx = self._with_one_batch_axis(bottom[i].gpu_diff)
                calls += kernel.backward_data(dy, self._filters.gpu_data, dx)
        return calls

    def _kernel(self, x: Array, y: Array) -> Any:
        case = x.shape, x.strides, y.strides, str(x.dtype)
        if case not in self._made:
            geometry = self._window, self._group, self._transposed
            self._made[case] = choose(self._context, x, y, *geometry)
        return self._made[case]

    def _pairs(self, bottom: Blobs, top: Blobs, of_bottom: str, of_top: str) -> list[Any]:
        return [
            (
                self._with_one_batch_axis(getattr(x, of_bottom)),
                self._with_one_batch_axis(getattr(y, of_top)),
            )
            for x, y in zip(bottom, top, strict=True)
        ]

    def _with_one_batch_axis(self, array: Array) -> Array:
        if self._axis == 1:
            return array
        shape = array.shape
        return array.reshape(prod(shape[: self._axis]), *shape[self._axis :])


def choose(
    context: Context, x: Array, y: Array, window: Window, group: int, transposed: bool
) -> Any:
    """What convolves arrays that lie as x and y do: the one place where that is decided."""
    own = Filtering(context, x, y, window, group, transposed)
    if not may_ask_cudnn(context):
        return own
    from .cudnn_filtering import CudnnFiltering

    return CudnnFiltering(context, x, y, window, transposed, own)


class Filtering:
    """A convolution, or its transpose, of one geometry, by our own CUDA code."""

    def __init__(
        self, context: Context, x: Array, y: Array, window: Window, group: int, transposed: bool
    ):
        self._transposed = transposed
        self._correlation = Correlation(context, *self._sides(x, y), window, group)

    def forward(
        self, x: Array, filters: Array, bias: Array, y: Array, slope: Slope | None
    ) -> Sequence[Call]:
        """Calls that write y."""
        it = self._correlation
        return (it.to_image if self._transposed else it.to_map)(x, filters, bias, y, slope)

    def backward_data(self, dy: Array, filters: Array, dx: Array) -> Sequence[Call]:
        """Calls that write dx."""
        it = self._correlation
        return (it.to_map if self._transposed else it.to_image)(dy, filters, None, dx, None)

    def backward_filters(self, x: Array, dy: Array, dfilters: Array, adds: bool) -> Sequence[Call]:
        """Calls that write the gradient of the filters, or add it."""
        return self._correlation.filters(*self._sides(x, dy), dfilters, adds)

    def _sides(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The image and the maps."""
        return (y, x) if self._transposed else (x, y)
