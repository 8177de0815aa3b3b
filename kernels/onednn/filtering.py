"""Filtering: what convolution and deconvolution share, all three passes of them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from ...core import Shape, Window
from ...core.calls import Calls
from ..slope import Slope
from .attributes import AddToResult, Attributes, PostOp, rectified
from .descriptors import Descriptor
from .enumerators import Argument
from .errors import PlanningError
from .filter_layouts import layouts_inside
from .operations.convolution import FilteringOperation, deconvolution
from .primitive import PrimitiveDescriptor
from .staged import Staged
from .workspace import Workspace


class Filtering:
    """An operation with filters on arrays that are plain or channels-last.

    Filters are plain and may change from call to call, so they are reordered at each; measured,
    that takes a hundredth of the time. Bound as constant they are reordered once.
    """

    applies_relu = True

    def __init__(
        self,
        operation: FilteringOperation,
        x_shape: Shape,
        y_shape: Shape,
        filters: Descriptor,
        window: Window,
        group: int,
        dtype: Any,
        channels_last: tuple[bool, bool],
        workspace: Any,
    ):
        self._operation, self._window = operation, window
        self._x = Descriptor.outside(x_shape, channels_last[0], dtype)
        self._y = Descriptor.outside(y_shape, channels_last[1], dtype)
        self._filters, self._bias = filters, Descriptor.plain(y_shape[1:2], dtype)
        self._any_filters = Descriptor.unspecified(filters.shape, dtype)
        self._workspace = workspace or Workspace()

        self._scatters = operation is deconvolution
        image, maps = (y_shape, x_shape) if self._scatters else (x_shape, y_shape)
        self._geometry = x_shape[0], window, image[1], maps[1], group, channels_last
        # Here, so that what the library cannot do well is declined before anything depends on it.
        self._plan_forward = self._planned(self._forward_in, self._scatters, forward=True)
        self._plan_data = self._planned(self._data_in, not self._scatters)
        self._plan_filters = self._planned(self._filters_in, False)

    # On any arrays.

    def forward(self, x, filters, bias, y) -> None:
        if bias is None:
            self._forward(x=x, filters=self._arranged(filters), y=y)
        else:
            self._forward_with_bias(x=x, filters=self._arranged(filters), bias=bias, y=y)

    def backward_data(self, dy, filters, dx) -> None:
        self._backward_data(dy=dy, filters=self._arranged(filters), dx=dx)

    def backward_filters(self, x, dy, dfilters) -> None:
        self._backward_filters(x=x, dy=dy, dfilters=self._arranged(dfilters))

    def backward_bias(self, dy, dbias) -> None:
        dbias += dy.sum(axis=(0, *range(2, dy.ndim)))

    # Bound to arrays.

    def bind_forward(
        self,
        x,
        filters,
        bias,
        y,
        *,
        slope: Slope | None = None,
        adds: bool = False,
        constant: bool = False,
    ) -> Calls:
        """As forward; adding to y, then a ReLU with this slope; constant: filters seldom change."""
        staged = self._stage_forward(bias is not None, slope, constant, adds)
        given = {} if bias is None else {"bias": bias}
        return staged.hold(x=x, filters=self._arranged(filters), y=y, **given).calls

    def bind_backward_data(self, dy, filters, dx) -> Calls:
        """As backward_data."""
        staged = self._stage_data()
        return staged.hold(dy=dy, filters=self._arranged(filters), dx=dx).calls

    def bind_backward_filters(self, x, dy, dfilters, dbias, *, adds: bool = True) -> Calls:
        """As backward_filters and, unless dbias is None, backward_bias; without `adds` written."""
        staged = self._stage_filters(dbias is not None, adds)
        given = {} if dbias is None else {"dbias": dbias}
        return staged.hold(x=x, dy=dy, dfilters=self._arranged(dfilters), **given).calls

    def _arranged(self, filters):
        """The array seen with the axes of the descriptor of filters."""
        return filters.reshape(self._filters.shape)

    # Planned for layouts.

    def _forward_in(self, x, y, bias=None, attributes=None) -> PrimitiveDescriptor:
        return self._operation.forward(
            x, self._any_filters, bias, y, self._window, attributes=attributes
        )

    def _data_in(self, x, y) -> PrimitiveDescriptor:
        hint = self._plan_forward
        return self._operation.backward_data(x, self._any_filters, y, self._window, hint)

    def _filters_in(self, x, y, bias=None) -> PrimitiveDescriptor:
        hint = self._plan_forward
        return self._operation.backward_filters(x, self._any_filters, bias, y, self._window, hint)

    def _planned(
        self,
        plan: Callable[..., PrimitiveDescriptor],
        scatters: bool,
        *,
        forward: bool = False,
        **options: Any,
    ) -> PrimitiveDescriptor:
        """In the first of the layouts, from fast to slow, that the library has code for."""
        problem: PlanningError | None = None
        for layout in layouts_inside(*self._geometry, scatters=scatters, forward=forward):
            x, y = (layout(a.shape, a.dtype) for a in (self._x, self._y))
            try:
                return plan(x, y, **options)
            except PlanningError as declined:
                problem = declined
        assert problem
        raise problem

    def _stage_forward(
        self, has_bias: bool, slope: Slope | None, constant: bool, adds: bool = False
    ) -> Staged:
        post_ops: list[PostOp] = [AddToResult()] if adds else []
        attributes = Attributes([*post_ops, *rectified(slope)])
        bias = self._bias if has_bias else None
        outside = {Argument.X: self._x, Argument.FILTERS: self._filters, Argument.Y: self._y}
        if has_bias:
            outside[Argument.BIAS] = self._bias
        options = {"bias": bias, "attributes": attributes}
        planned = self._planned(self._forward_in, self._scatters, forward=True, **options)
        seldom = [Argument.FILTERS] if constant else []
        updates = [Argument.Y] if adds else []
        return Staged(planned, outside, self._workspace, constant=seldom, updates=updates)

    def _stage_data(self) -> Staged:
        outside = {Argument.DY: self._y, Argument.FILTERS: self._filters, Argument.DX: self._x}
        return Staged(self._plan_data, outside, self._workspace)

    def _stage_filters(self, has_bias: bool, adds: bool) -> Staged:
        outside = {Argument.X: self._x, Argument.DY: self._y, Argument.DFILTERS: self._filters}
        planned = self._plan_filters
        if has_bias:
            outside[Argument.DBIAS] = self._bias
            planned = self._planned(self._filters_in, False, bias=self._bias)
        added = [Argument.DFILTERS, Argument.DBIAS] if adds else []
        return Staged(planned, outside, self._workspace, adds=added)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward(has_bias=False, slope=None, constant=False)

    @cached_property
    def _forward_with_bias(self) -> Staged:
        return self._stage_forward(has_bias=True, slope=None, constant=False)

    @cached_property
    def _backward_data(self) -> Staged:
        return self._stage_data()

    @cached_property
    def _backward_filters(self) -> Staged:
        return self._stage_filters(has_bias=False, adds=True)
