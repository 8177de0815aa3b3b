"""Graphs of an inner product with x (N, C), weights (K, C) and y (N, K), each in two forms.

The first form is a matrix product, the second a convolution of one position; planning times them
against each other. cuDNN multiplies matrices on tensor cores alone, so true float32 has the second
form only. Weights that lie transposed, as (C, K), are given as (K, C) with the strides exchanged.
"""

from typing import Any

from ...core import Window
from .convolution import convolution, convolution_backward_data, convolution_backward_filters
from .epilogue import NO_EPILOGUE, Epilogue
from .recipe import Recipe
from .tensors import Tensor

Forms = tuple[Recipe, Recipe]

_POINT = Window((1, 1), (1, 1), (0, 0), (1, 1))


def inner_product(
    x: Tensor,
    weights: Tensor,
    y: Tensor,
    *,
    bias: str | None = None,
    slope: float | None = None,
) -> Forms:
    """y = x · weightsᵀ (+ bias), then perhaps a ReLU. Roles: x, weights, bias, y."""
    epilogue = Epilogue(bias, slope=slope)
    product = _product(x, "x", _transposed(weights), "weights", y, "y", epilogue)
    filtered = convolution(
        x.as_image(), weights.as_image(), y.as_image(), _POINT, bias=bias, slope=slope
    )
    return product, _renamed(filtered, {"filters": "weights"})


def inner_product_backward_data(dy: Tensor, weights: Tensor, dx: Tensor) -> Forms:
    """dx = dy · weights. Roles: dy, weights, dx."""
    product = _product(dy, "dy", weights, "weights", dx, "dx")
    filtered = convolution_backward_data(dy.as_image(), weights.as_image(), dx.as_image(), _POINT)
    return product, _renamed(filtered, {"filters": "weights"})


def inner_product_backward_weights(
    x: Tensor, dy: Tensor, dweights: Tensor, *, adds: bool = False
) -> Forms:
    """dweights = dyᵀ · x (+ addend). Roles: x, dy, addend, dweights."""
    product = _product(_transposed(dy), "dy", x, "x", dweights, "dweights", Epilogue(adds=adds))
    filtered = convolution_backward_filters(
        x.as_image(), dy.as_image(), dweights.as_image(), _POINT, adds=adds
    )
    return product, _renamed(filtered, {"dfilters": "dweights"})


def _product(
    a: Tensor,
    a_role: str,
    b: Tensor,
    b_role: str,
    y: Tensor,
    y_role: str,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Recipe:
    """y = a · b, of matrices of (rows, inner) and (inner, columns)."""
    a, b, y = _batched(a), _batched(b), _batched(y)
    columns = _batched(Tensor.plain((1, y.shape[2]), epilogue.bias or "float32"))

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        made = graph.matmul(A=tensors[a_role], B=tensors[b_role])
        return {y_role: epilogue.compose(graph, made, y, tensors)}

    inputs = {a_role: a, b_role: b} | epilogue.inputs(y, columns)
    return Recipe("matrix product", inputs, {y_role: y}, compose, epilogue.settings)


def _batched(matrix: Tensor) -> Tensor:
    """As the one matrix of a batch."""
    (rows, columns), (down, along) = matrix.shape, matrix.strides
    return Tensor((1, rows, columns), (rows * columns, down, along), matrix.dtype)


def _transposed(matrix: Tensor) -> Tensor:
    return Tensor(matrix.shape[::-1], matrix.strides[::-1], matrix.dtype)


def _renamed(recipe: Recipe, names: dict[str, str]) -> Recipe:
    """The recipe with other roles."""
    back = {new: old for old, new in names.items()}

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        made = recipe.compose(graph, {back.get(role, role): t for role, t in tensors.items()})
        return {names.get(role, role): tensor for role, tensor in made.items()}

    inputs = {names.get(role, role): tensor for role, tensor in recipe.inputs.items()}
    outputs = {names.get(role, role): tensor for role, tensor in recipe.outputs.items()}
    return Recipe(recipe.name, inputs, outputs, compose, recipe.settings)
