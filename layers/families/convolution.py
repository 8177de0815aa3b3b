"""FilterBank: what Convolution and Deconvolution share."""

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any

from ...core import ONE_OR_MORE, Array, Blobs, Call, Calls, Layout, Shape
from ...core.window import Sizes
from ...kernels import bind, gpu
from ...kernels.slope import Slope
from .sliding_window import SlidingWindow


class FilterBank(SlidingWindow):
    """Learned filters slid along the axes behind `axis`; the axes before it count the images.

    All bottoms share the filters; each top comes from the bottom beside it. With group: g,
    channels and filters are cut into g equal parts, and part i of the filters sees and makes
    only part i of the channels.
    """

    bottom_count = ONE_OR_MORE
    top_count = None
    transposed = False  # whether tops are the images that the filters slide over

    def filters_shape(self) -> Shape:
        """Shape of weights[0]."""
        raise NotImplementedError

    def output_size(self, size: Sizes) -> Sizes:
        """Sizes of a top's spatial axes, given the bottom's."""
        raise NotImplementedError

    def make_kernel(self, x_shape: Shape, **placing: Any) -> Any:
        """The kernel for bottoms of shape (N, C, *size), lying in memory as `placing` says."""
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
        if param.relu:
            raise self.error(
                "convolution_param.relu: true is not supported; put a ReLU layer after this one, "
                "which runs as one with it"
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
        x_shapes = [self._with_one_batch_axis(blob.shape) for blob in bottom]
        y_shapes = [self._with_one_batch_axis(blob.shape) for blob in top]
        made: dict[Any, Any] = {}
        self._runs = []
        for x, y, x_shape, y_shape in zip(bottom, top, x_shapes, y_shapes, strict=True):
            case = x_shape, x.channels_last, y.channels_last
            if case not in made:
                made[case] = self.make_kernel(x_shape, **self.placing(x, y))
            self._runs.append((made[case], x_shape, y_shape))

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if not 1 <= self.window.axes <= 3 or self.is_too_wide:
            return None
        filters, bias = [*self.weights, None][:2]
        geometry = self.window, self.group, self.axis, self.transposed
        return gpu.Convolution(context, filters, bias, *geometry)

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

    def layout(self) -> Layout:
        served = self.axis == 1 and 1 <= self.window.axes <= 3 and self.dtype == "float32"
        return Layout.CHANNELS_LAST if served else Layout.PLAIN

    @property
    def applies_relu(self) -> bool:
        """Whether bind_forward takes the slope of a ReLU after it."""
        return all(getattr(kernel, "applies_relu", False) for kernel, _, _ in self._runs)

    def multiply_adds(self, bottom: Blobs, top: Blobs) -> int:
        # Every filter meets every place of the smaller of the two, the image or the map.
        places = [
            min(x.count // x.shape[self.axis], y.count // self.num_output)
            for x, y in zip(bottom, top, strict=True)
        ]
        return self.weights[0].count * sum(places)

    def backward_reads(self) -> tuple[bool, bool]:
        return True, False

    def bind_forward(
        self,
        bottom: Blobs,
        top: Blobs,
        *,
        constant: bool = False,
        slope: Slope | None = None,
        adds: bool = False,
        weights: Sequence[Array] = (),
    ) -> Calls:
        """As Layer's; where applies_relu, also with a ReLU of this slope after it.

        adds: to what the tops hold, before the ReLU. weights: these filters, and perhaps bias,
        instead of the layer's own.
        """
        filters, bias = [*(weights or [w.data for w in self.weights]), None][:2]
        options: dict[str, Any] = {"constant": constant}
        if self.applies_relu:
            options |= {"slope": slope, "adds": adds}
        bound = Calls([], [])
        for (kernel, x_shape, y_shape), x, y in zip(self._runs, bottom, top, strict=True):
            arrays = x.data.reshape(x_shape), filters, bias, y.data.reshape(y_shape)
            bound = bound.then(bind(kernel, "forward", *arrays, **options))
        return bound

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        if not all(hasattr(kernel, "bind_backward_filters") for kernel, _, _ in self._runs):
            return super().bind_backward(top, bottom, adds)
        adds, calls = list(adds), list[Call]()
        if len(set(adds)) > 1:
            calls, adds = self.clearing(adds), [True] * len(adds)
        for i, (kernel, x_shape, y_shape) in enumerate(self._runs):
            dy, x = top[i].diff.reshape(y_shape), bottom[i].data.reshape(x_shape)
            calls += self._bind_weight_gradients(kernel, x, dy, adds[0] or i > 0)
            if self.propagate_down[i]:
                dx = bottom[i].diff.reshape(x_shape)
                calls += bind(kernel, "backward_data", dy, self.weights[0].data, dx).all
        return Calls(calls)

    def _bind_weight_gradients(self, kernel: Any, x: Any, dy: Any, adds: bool) -> list[Call]:
        wants_filters, *wants_bias = self.param_propagate_down
        dbias = self.weights[1].diff if any(wants_bias) else None
        if wants_filters:
            arrays = x, dy, self.weights[0].diff, dbias
            return bind(kernel, "backward_filters", *arrays, adds=adds).all
        if dbias is None:
            return []
        return [
            *([] if adds else [partial(dbias.fill, 0)]),
            partial(kernel.backward_bias, dy, dbias),
        ]

    def _with_one_batch_axis(self, shape: Shape) -> Shape:
        return (prod(shape[: self.axis]), *shape[self.axis :])
