"""Inner product on plain arrays."""

from functools import cached_property
from typing import Any

from ...core.calls import Calls
from ..slope import Slope
from .attributes import Attributes, rectified
from .descriptors import Descriptor
from .enumerators import Argument
from .operations import inner_product
from .staged import Staged
from .workspace import Workspace


class InnerProduct:
    """y = x w^T + b with x (N, D), w (K, D) or, transposed, (D, K), and y (N, K).

    Weights stay in the caller's layout in all three passes: reordered, those of a large layer
    cost more than the fastest code for them gains.
    """

    applies_relu = True

    def __init__(self, rows: int, inputs: int, outputs: int, transposed: bool, workspace: Any):
        self._x, self._y = Descriptor.plain((rows, inputs)), Descriptor.plain((rows, outputs))
        strides = (1, outputs) if transposed else (inputs, 1)
        self._weights = Descriptor.strided((outputs, inputs), strides)
        self._bias = Descriptor.plain((outputs,))
        self._transposed = transposed
        self._workspace = workspace or Workspace()
        self._hint = inner_product.forward(self._x, self._weights, None, self._y)

    # On any arrays.

    def forward(self, x, weights, bias, y) -> None:
        if bias is None:
            self._forward(x=x, filters=self._arranged(weights), y=y)
        else:
            self._forward_with_bias(x=x, filters=self._arranged(weights), bias=bias, y=y)

    def backward_data(self, dy, weights, dx) -> None:
        self._backward_data(dy=dy, filters=self._arranged(weights), dx=dx)

    # Bound to arrays.

    def bind_forward(
        self, x, weights, bias, y, *, slope: Slope | None = None, constant: bool = False
    ) -> Calls:
        """y, and a ReLU with this slope after it. Weights in place: `constant` changes nothing."""
        given = {} if bias is None else {"bias": bias}
        staged = self._stage_forward(bias is not None, slope)
        return staged.hold(x=x, filters=self._arranged(weights), y=y, **given).calls

    def bind_backward_data(self, dy, weights, dx) -> Calls:
        """dx, written."""
        return self._stage_data().hold(dy=dy, filters=self._arranged(weights), dx=dx).calls

    def bind_backward_filters(self, x, dy, dweights, dbias, *, adds: bool = True) -> Calls:
        """dweights and, unless it is None, dbias; added to, or without `adds` written."""
        outside = {Argument.X: self._x, Argument.DY: self._y, Argument.DFILTERS: self._weights}
        given = {"x": x, "dy": dy, "dfilters": self._arranged(dweights)}
        if dbias is not None:
            outside[Argument.DBIAS], given["dbias"] = self._bias, dbias
        planned = inner_product.backward_filters(
            self._x, self._weights, outside.get(Argument.DBIAS), self._y, self._hint
        )
        added = [Argument.DFILTERS, Argument.DBIAS] if adds else []
        return Staged(planned, outside, self._workspace, adds=added).hold(**given).calls

    def _stage_forward(self, has_bias: bool, slope: Slope | None = None) -> Staged:
        attributes = None if slope is None else Attributes(rectified(slope))
        outside = {Argument.X: self._x, Argument.FILTERS: self._weights, Argument.Y: self._y}
        if has_bias:
            outside[Argument.BIAS] = self._bias
        planned = inner_product.forward(
            self._x, self._weights, outside.get(Argument.BIAS), self._y, attributes=attributes
        )
        return Staged(planned, outside, self._workspace)

    def _stage_data(self) -> Staged:
        planned = inner_product.backward_data(self._x, self._weights, self._y, self._hint)
        outside = {Argument.DY: self._y, Argument.FILTERS: self._weights, Argument.DX: self._x}
        return Staged(planned, outside, self._workspace)

    @cached_property
    def _forward(self) -> Staged:
        return self._stage_forward(has_bias=False)

    @cached_property
    def _forward_with_bias(self) -> Staged:
        return self._stage_forward(has_bias=True)

    @cached_property
    def _backward_data(self) -> Staged:
        return self._stage_data()

    def _arranged(self, weights):
        return weights.T if self._transposed else weights
