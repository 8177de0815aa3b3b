"""caffe.coord_map: where a pixel of one top lies in another, and the Crop that aligns them.

A map is (axis, a, b): along every spatial axis, position x of one top is position a x + b of
another. axis is the last one that is not spatial (1 for images), or None where nothing said.
a and b are numbers, or arrays with one for each spatial axis.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .net_spec import Function, Top, layers

Map = tuple[int | None, Any, Any]

PASS_THROUGH_LAYERS = [
    "AbsVal",
    "BatchNorm",
    "Bias",
    "BNLL",
    "Clip",
    "Dropout",
    "Eltwise",
    "ELU",
    "Exp",
    "Log",
    "LRN",
    "MVN",
    "Power",
    "PReLU",
    "ReLU",
    "Scale",
    "Sigmoid",
    "Split",
    "Swish",
    "TanH",
    "Threshold",
]

_SAME: Map = (None, 1, 0)


class UndefinedMapException(Exception):
    """Positions in the tops of a layer do not follow from those in its bottoms."""


class AxisMismatchException(Exception):
    """Maps are of different axes."""


def conv_params(fn: Function) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Axis, stride, extent of the kernel and pad of a layer that slides a window."""
    fields = {**fn.params, **fn.params.get("convolution_param", {})}
    fields.update(fn.params.get("pooling_param", {}))
    legacy = sorted(f"{field}_{side}" for field in ("kernel", "stride", "pad") for side in "hw")
    used = [field for field in legacy if field in fields]
    if used:
        raise ValueError(
            f"{fn.type_name}: {used[0]} is not supported here; give one number, or "
            "a list with one for each axis"
        )
    if "kernel_size" not in fields:
        raise UndefinedMapException(f"{fn.type_name} without kernel_size")
    kernel, stride, pad, dilation = (
        np.array(fields.get(name, default), ndmin=1)
        for name, default in (("kernel_size", 1), ("stride", 1), ("pad", 0), ("dilation", 1))
    )
    return fields.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, np.ndarray]:
    """First axis that a Crop layer crops, and where it begins on each."""
    fields = {**fn.params, **fn.params.get("crop_param", {})}
    return fields.get("axis", 2), np.array(fields.get("offset", 0), ndmin=1)


def coord_map(fn: Function) -> Map:
    """The map from positions in a layer's bottom to those in its top.

    Raises UndefinedMapException for layers that have none, such as InnerProduct.
    """
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, extent, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (extent - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, extent, pad = conv_params(fn)
        return axis, stride, (extent - 1) / 2 - pad
    if fn.type_name in PASS_THROUGH_LAYERS:
        return _SAME
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset
    raise UndefinedMapException(f"positions do not pass through {fn.type_name}")


def compose(base_map: Map, next_map: Map) -> Map:
    """The map that applies next_map and then base_map."""
    (base_axis, a, b), (next_axis, next_a, next_b) = base_map, next_map
    if None not in (base_axis, next_axis) and base_axis != next_axis:
        raise AxisMismatchException(f"maps are of axes {base_axis} and {next_axis}")
    return next_axis if base_axis is None else base_axis, a * next_a, a * next_b + b


def inverse(coord_map: Map) -> Map:
    """The map back."""
    axis, a, b = coord_map
    return axis, 1 / a, -b / a


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map from positions in one top to those in another, by an ancestor they have in common.

    Raises RuntimeError if they have none that maps lead to.
    """
    from_maps = _maps_from_ancestors(top_from, lambda top: False)
    to_maps = _maps_from_ancestors(top_to, from_maps.__contains__)
    for top, to_map in to_maps.items():
        if top in from_maps:
            return compose(to_map, inverse(from_maps[top]))
    raise RuntimeError("no spatial layers connect the two tops, so neither can be cropped to fit")


def crop(top_from: Top, top_to: Top) -> Top:
    """A Crop layer that cuts top_from to the size and place of top_to.

    Raises ValueError where no crop aligns them: other scales, a start before the first pixel, or
    between two.
    """
    axis, a, b = coord_map_from_to(top_from, top_to)
    for is_wrong, problem in (
        (not np.allclose(a, 1), f"their scales differ by a factor of {a}"),
        (np.any(np.greater(b, 0)), f"the second begins before the first, at {-b}"),
        (not np.allclose(b, np.round(b)), f"the second begins between pixels, at {-b}"),
    ):
        if is_wrong:
            raise ValueError(f"no crop aligns the tops: {problem}")
    offset = [-round(float(value)) for value in np.ravel(b)]
    return layers.Crop(
        top_from, top_to, crop_param=dict(axis=2 if axis is None else axis + 1, offset=offset)
    )


def _maps_from_ancestors(top: Top, is_enough: Callable[[Top], bool]) -> dict[Top, Map]:
    """The maps to a top from all that it is made of; of one alone if it is enough."""
    maps: dict[Top, Map] = {top: _SAME}
    waiting = [top]
    while waiting:
        current = waiting.pop()
        if is_enough(current):
            return {current: maps[current]}
        try:
            step = coord_map(current.fn)
        except UndefinedMapException:
            continue
        # The second bottom of a Crop is only looked at for its size.
        sources = current.fn.inputs[:1] if current.fn.type_name == "Crop" else current.fn.inputs
        for source in sources:
            if source not in maps:
                maps[source] = compose(maps[current], step)
                waiting.append(source)
    return maps
