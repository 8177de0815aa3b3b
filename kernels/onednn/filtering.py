"""Filtering: what convolution and deconvolution share, all three passes of them."""

from functools import cached_property
from typing import Any

from ...core import Shape, Window
from .descriptors import Descriptor
from .enumerators import Argument
from .filter_layouts import layout_inside
from .operations.convolution import FilteringOperation, deconvolution
from .staged import Spaces, Staged


class Filtering:
    """An operation with filters on plain arrays.

    Filters may change from call to call, so they are reordered at each; measured, that takes
    a hundredth of the time, and reordering the arrays a twentieth.
    """

    def __init__(
        self,
        operation: FilteringOperation,
        x_shape: Shape,
        y_shape: Shape,
        filters: Descriptor,
        window: Window,
        group: int,
        dtype: Any,
    ):
        self._x, self._y = Descriptor.plain(x_shape, dtype), Descriptor.plain(y_shape, dtype)
        self._filters, self._bias = filters, Descriptor.plain(y_shape[1:2], dtype)

        transposed = operation is deconvolution
        image, maps = (y_shape, x_shape) if transposed else (x_shape, y_shape)
        geometry = window, image[1], maps[1], group
        w = Descriptor.unspecified(filters.shape, dtype)
        layout = layout_inside(*geometry, scatters=transposed)
        x, y = layout(x_shape, dtype), layout(y_shape, dtype)
        self._plan_forward_with_bias = operation.forward(x, w, self._bias, y, window)
        self._plan_forward = hint = operation.forward(x, w, None, y, window)
        layout = layout_inside(*geometry, scatters=not transposed)
        x, y = layout(x_shape, dtype), layout(y_shape, dtype)
        self._plan_data = operation.backward_data(x, w, y, window, hint)
        layout = layout_inside(*geometry, scatters=False)
        x, y = layout(x_shape, dtype), layout(y_shape, dtype)
        self._plan_filters = operation.backward_filters(x, w, None, y, window, hint)

    def forward(self, x, filters, bias, y) -> None:
        if bias is None:
            self._forward(x, self._arranged(filters), y)
        else:
            self._forward_with_bias(x, self._arranged(filters), bias, y)

    def backward_data(self, dy, filters, dx) -> None:
        self._backward_data(dy, self._arranged(filters), dx)

    def backward_filters(self, x, dy, dfilters) -> None:
        self._backward_filters(x, dy, self._arranged(dfilters))

    def backward_bias(self, dy, dbias) -> None:
        dbias += dy.reshape(*dy.shape[:2], -1).sum(axis=2).sum(axis=0)

    def _arranged(self, filters):
        """The array seen with the axes of the descriptor of filters."""
        return filters.reshape(self._filters.shape)

    @cached_property
    def _spaces(self) -> Spaces:
        forward = self._plan_forward, self._plan_forward_with_bias
        return Spaces([*forward, self._plan_data, self._plan_filters])

    @cached_property
    def _forward(self) -> Staged:
        inputs = {Argument.X: self._x, Argument.FILTERS: self._filters}
        return Staged(self._plan_forward, self._spaces, inputs, {Argument.Y: self._y})

    @cached_property
    def _forward_with_bias(self) -> Staged:
        inputs = {
            Argument.X: self._x,
            Argument.FILTERS: self._filters,
            Argument.BIAS: self._bias,
        }
        return Staged(self._plan_forward_with_bias, self._spaces, inputs, {Argument.Y: self._y})

    @cached_property
    def _backward_data(self) -> Staged:
        inputs = {Argument.DY: self._y, Argument.FILTERS: self._filters}
        return Staged(self._plan_data, self._spaces, inputs, {Argument.DX: self._x})

    @cached_property
    def _backward_filters(self) -> Staged:
        inputs = {Argument.X: self._x, Argument.DY: self._y}
        results = {Argument.DFILTERS: self._filters}
        adds = Argument.DFILTERS
        return Staged(self._plan_filters, self._spaces, inputs, results, adds=adds)
