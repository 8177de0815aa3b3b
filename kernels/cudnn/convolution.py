"""Graphs of a convolution with x (N, C, …), filters (K, C / group, kernel) and y (N, K, …)."""

from ...core import Window
from .epilogue import Epilogue
from .filtering import filter_gradient, gathering, scattering
from .recipe import Recipe
from .tensors import Tensor


def convolution(
    x: Tensor,
    filters: Tensor,
    y: Tensor,
    window: Window,
    *,
    bias: str | None = None,
    adds: bool = False,
    slope: float | None = None,
) -> Recipe:
    """y = x * filters (+ addend) (+ bias), then perhaps a ReLU. Roles: x, filters, y, as named."""
    epilogue = Epilogue(bias, adds, slope)
    return gathering(x, filters, y, window, ("x", "filters", "y"), epilogue)


def convolution_backward_data(dy: Tensor, filters: Tensor, dx: Tensor, window: Window) -> Recipe:
    """dx from dy and filters. Roles: dy, filters, dx."""
    return scattering(dy, filters, dx, window, ("dy", "filters", "dx"))


def convolution_backward_filters(
    x: Tensor, dy: Tensor, dfilters: Tensor, window: Window, *, adds: bool = False
) -> Recipe:
    """dfilters from x and dy (+ addend). Roles: x, dy, dfilters, and addend."""
    epilogue = Epilogue(adds=adds)
    return filter_gradient(x, dy, dfilters, window, ("x", "dy", "dfilters"), epilogue)
