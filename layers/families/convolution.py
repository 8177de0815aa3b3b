"""FilterBank: what Convolution and Deconvolution share."""

from math import prod
from typing import Any

from ...core import ONE_OR_MORE, Blobs, Shape
from ...core.window import Sizes
from ...kernels import kernels_for
from .sliding_window import SlidingWindow


class FilterBank(SlidingWindow):
    """Learned filters slid along the axes behind `axis`; the axes before it count the images.

    All bottoms share the filters; each top comes from the bottom beside it. With group: g,
    channels and filters are cut into g equal parts, and part i of the filters sees and makes
    only part i of the channels.
    """

    bottom_count = ONE_OR_MORE
    top_count = None

    def filters_shape(self) -> Shape:
        """Shape of weights[0]."""
        raise NotImplementedError

    def output_size(self, size: Sizes) -> Sizes:
        """Sizes of a top's spatial axes, given the bottom's."""
        raise NotImplementedError

    def make_kernel(self, kernels: Any, x_shape: Shape) -> Any:
        """The kernel for bottoms of shape (N, C, *size)."""
        raise NotImplementedError

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param, shape = self.param.convolution_param, bottom_shapes[0]
        self.axis = self.canonical_axis(param.axis, len(shape), "convolution_param.axis")
        self.bottom_axes, self.channels = len(shape), shape[self.axis]
        axes = len(shape) - self.axis - 1
        self.window = self.read_window(param, "convolution_param", axes)
        self.num_output, self.group = param.num_output, param.group
        if self.num_output < 1:
            raise self.error("convolution_param.num_output: is required, and at least 1")
        for count, what in [
            (self.channels, "the bottom's channels"),
            (self.num_output, "num_output"),
        ]:
            if self.group < 1 or count % self.group:
                raise self.error(
                    f"convolution_param.group: {self.group} must divide {what} ({count})"
                )
        self.add_weight(self.filters_shape(), param.weight_filler)
        if param.bias_term:
            self.add_weight((self.num_output,), param.bias_filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return [self._infer_shape(shape) for shape in bottom_shapes]

    def _infer_shape(self, shape: Shape) -> Shape:
        if len(shape) != self.bottom_axes or shape[self.axis] != self.channels:
            raise self.error(
                f"the filters were made for bottoms with {self.bottom_axes} axes and "
                f"{self.channels} channels in axis {self.axis}, got shape {shape}"
            )
        size = shape[self.axis + 1 :]
        out = self.output_size(size)
        self.check_fit("convolution_param", out, size)
        return (*shape[: self.axis], self.num_output, *out)

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        kernels = kernels_for(self.device)
        x_shapes = [self._with_one_batch_axis(blob.shape) for blob in bottom]
        y_shapes = [self._with_one_batch_axis(blob.shape) for blob in top]
        by_shape = {shape: self.make_kernel(kernels, shape) for shape in set(x_shapes)}
        self._runs = [
            (by_shape[x_shape], x_shape, y_shape)
            for x_shape, y_shape in zip(x_shapes, y_shapes, strict=True)
        ]

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        filters, bias = self.weights[0].data, None
        if len(self.weights) > 1:
            bias = self.weights[1].data
        for (kernel, x_shape, y_shape), x, y in zip(self._runs, bottom, top, strict=True):
            kernel.forward(x.data.reshape(x_shape), filters, bias, y.data.reshape(y_shape))

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        filters = self.weights[0]
        for i, (kernel, x_shape, y_shape) in enumerate(self._runs):
            dy = top[i].diff.reshape(y_shape)
            if len(self.weights) > 1 and self.param_propagate_down[1]:
                kernel.backward_bias(dy, self.weights[1].diff)
            if self.param_propagate_down[0]:
                kernel.backward_filters(bottom[i].data.reshape(x_shape), dy, filters.diff)
            if self.propagate_down[i]:
                kernel.backward_data(dy, filters.data, bottom[i].diff.reshape(x_shape))

    forward_gpu = forward_cpu
    backward_gpu = backward_cpu

    def _with_one_batch_axis(self, shape: Shape) -> Shape:
        return (prod(shape[: self.axis]), *shape[self.axis :])
