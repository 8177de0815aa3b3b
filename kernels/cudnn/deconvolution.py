"""Graphs of a deconvolution with x (N, C, …), filters (C, K / group, kernel) and y (N, K, …)."""

from ...core import Window
from .epilogue import Epilogue
from .filtering import filter_gradient, gathering, scattering
from .recipe import Recipe
from .tensors import Tensor


def deconvolution(
    x: Tensor,
    filters: Tensor,
    y: Tensor,
    window: Window,
    *,
    bias: str | None = None,
    adds: bool = False,
    slope: float | None = None,
) -> Recipe:
    """y = x spread through filters (+ addend) (+ bias), then perhaps a ReLU. Roles as named."""
    epilogue = Epilogue(bias, adds, slope)
    return scattering(x, filters, y, window, ("x", "filters", "y"), epilogue)


def deconvolution_backward_data(dy: Tensor, filters: Tensor, dx: Tensor, window: Window) -> Recipe:
    """dx from dy and filters. Roles: dy, filters, dx."""
    return gathering(dy, filters, dx, window, ("dy", "filters", "dx"))


def deconvolution_backward_filters(
    x: Tensor, dy: Tensor, dfilters: Tensor, window: Window, *, adds: bool = False
) -> Recipe:
    """dfilters from x and dy (+ addend). Roles: dy, x, dfilters, and addend."""
    epilogue = Epilogue(adds=adds)
    return filter_gradient(dy, x, dfilters, window, ("dy", "x", "dfilters"), epilogue)
