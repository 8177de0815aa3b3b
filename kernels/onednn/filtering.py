"""Filtering: what convolution and deconvolution share, all three passes of them."""

from functools import cached_property
from typing import Any

from ...core import Shape, Window
from .descriptors import Descriptor
from .enumerators import Argument
from .operations.convolution import FilteringOperation
from .staged import Spaces, Staged

FEW_CHANNELS = 8  # less would be padded to whole tiles


class Filtering:
    """An operation with filters on plain arrays.

    oneDNN chooses the layouts inside: measured, its tiles pay for reordering arrays and filters
    at every call, which takes a twentieth of the time. Two exceptions, also measured: 1 x 1
    kernels, where a plain matrix product needs no reordering, and gradients for images of few
    channels, whose tiles would be mostly padding.
    """

    def __init__(
        self,
        operation: FilteringOperation,
        x_shape: Shape,
        y_shape: Shape,
        filters: Descriptor,
        window: Window,
        dtype: Any,
    ):
        self._x, self._y = Descriptor.plain(x_shape, dtype), Descriptor.plain(y_shape, dtype)
        self._filters, self._bias = filters, Descriptor.plain(y_shape[1:2], dtype)

        def layouts(*planned_plain: bool):
            arrays = (self._x, self._y, filters)
            return [
                array if plain else Descriptor.unspecified(array.shape, dtype)
                for array, plain in zip(arrays, planned_plain, strict=True)
            ]

        plain = window.is_pointwise
        x, y, w = layouts(plain, plain, False)
        self._plan_forward = {
            bias is not None: operation.forward(x, w, bias, y, window)
            for bias in (self._bias, None)
        }
        hint = self._plan_forward[False]
        self._plan_filters = operation.backward_filters(x, w, None, y, window, hint)
        if min(x_shape[1], y_shape[1]) < FEW_CHANNELS:
            x, y, w = layouts(True, True, False)
        self._plan_data = operation.backward_data(x, w, y, window, hint)

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
        return Spaces([*self._plan_forward.values(), self._plan_data, self._plan_filters])

    @cached_property
    def _forward(self) -> Staged:
        inputs = {Argument.X: self._x, Argument.FILTERS: self._filters}
        return Staged(self._plan_forward[False], self._spaces, inputs, {Argument.Y: self._y})

    @cached_property
    def _forward_with_bias(self) -> Staged:
        inputs = {
            Argument.X: self._x,
            Argument.FILTERS: self._filters,
            Argument.BIAS: self._bias,
        }
        return Staged(self._plan_forward[True], self._spaces, inputs, {Argument.Y: self._y})

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
