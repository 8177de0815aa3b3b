"""The three graphs of filters on arrays: gathering, scattering, and the gradient of the filters.

An image of (N, C, spatial axes) and maps of (N, K, spatial axes) hang together by filters of
(K, C / group, kernel) at a window; group follows from the shapes. Convolution gathers forward and
scatters backward, deconvolution the other way round. One spatial axis is planned as two, the first
of height 1.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ...core import Window
from .epilogue import NO_EPILOGUE, Epilogue
from .recipe import Recipe
from .tensors import Tensor, per_channel

Roles = tuple[str, str, str]


def gathering(
    image: Tensor,
    filters: Tensor,
    maps: Tensor,
    window: Window,
    roles: Roles,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Recipe:
    """maps[n, k] = sum over c of filters[k, c] correlated with image[n, c], by groups.

    roles: of image, filters and maps. Shapes that do not fit have no plan.
    """
    image, filters, maps = _alike(image, filters, maps)

    def make(graph: Any, image_given: Any, filters_given: Any) -> Any:
        geometry = _geometry(window, image)
        return graph.conv_fprop(image=image_given, weight=filters_given, **geometry)

    return _recipe("gathering", make, roles, (image, filters, maps), window, epilogue)


def scattering(
    maps: Tensor,
    filters: Tensor,
    image: Tensor,
    window: Window,
    roles: Roles,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Recipe:
    """image[n, c] = sum over k of maps[n, k] spread through filters[k, c], by groups.

    roles: of maps, filters and image.
    """
    image, filters, maps = _alike(image, filters, maps)

    def make(graph: Any, maps_given: Any, filters_given: Any) -> Any:
        geometry = _geometry(window, image)
        return graph.conv_dgrad(loss=maps_given, filter=filters_given, **geometry)

    return _recipe("scattering", make, roles, (maps, filters, image), window, epilogue)


def filter_gradient(
    image: Tensor,
    maps: Tensor,
    dfilters: Tensor,
    window: Window,
    roles: Roles,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Recipe:
    """dfilters[k, c] = sum over n and positions of image[n, c] at the taps times maps[n, k].

    roles: of image, maps and dfilters. 16-bit arrays want dfilters in their own dtype: a float32
    sum of them has a plan for Hopper and none for Ampere.
    """
    image, dfilters, maps = _alike(image, dfilters, maps)

    def make(graph: Any, image_given: Any, maps_given: Any) -> Any:
        geometry = _geometry(window, image)
        return graph.conv_wgrad(image=image_given, loss=maps_given, **geometry)

    return _recipe("filter gradient", make, roles, (image, maps, dfilters), window, epilogue)


def _recipe(
    name: str,
    make: Callable[[Any, Any, Any], Any],
    roles: Roles,
    arrays: tuple[Tensor, Tensor, Tensor],
    window: Window,
    epilogue: Epilogue,
) -> Recipe:
    """The recipe of a graph that makes the third array of the first two."""
    first, second, result = roles
    y = arrays[2]

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        made = make(graph, tensors[first], tensors[second])
        return {result: epilogue.compose(graph, made, y, tensors)}

    inputs = {first: arrays[0], second: arrays[1]}
    inputs |= epilogue.inputs(y, per_channel(y, epilogue.bias or "float32"))
    settings = {"window": asdict(window)} | epilogue.settings
    return Recipe(name, inputs, {result: y}, compose, settings)


def _alike(image: Tensor, filters: Tensor, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    image, filters, maps = image.as_image(), filters.as_image(), maps.as_image()
    image = image.alike(image)
    return image, filters.alike(image), maps.alike(image)


def _geometry(window: Window, image: Tensor) -> dict[str, list[int]]:
    """The arguments of the frontend, with those of the axes that as_image put in front."""
    missing = len(image.shape) - 2 - window.axes
    pad = [0] * missing + list(window.pad)
    return {
        "pre_padding": pad,
        "post_padding": pad,
        "stride": [1] * missing + list(window.stride),
        "dilation": [1] * missing + list(window.dilation),
    }
