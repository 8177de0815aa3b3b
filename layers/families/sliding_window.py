"""SlidingWindow: layers that slide a window along the spatial axes of their bottoms."""

from typing import Any

from ...core import Layer, Window
from ...core.window import Sizes

_STEMS = {"kernel_size": "kernel", "stride": "stride", "pad": "pad"}
_DEPTH_FIELDS = {"kernel_size": "kernel_depth", "stride": "temporal_stride", "pad": "temporal_pad"}
_DEFAULTS = {"stride": 1, "pad": 0, "dilation": 1}
_MOST = 2**30  # oneDNN, and Caffe, add some of them up in an int
_MOST_ON_GPU = 2**28  # and so do its kernels


class SlidingWindow(Layer):
    """Reads kernel_size, stride, pad and dilation in all the forms that prototxt has for them.

    One number serves every spatial axis; repeated fields may give one per axis; *_h and *_w are
    the forms for two axes; with kernel_depth, temporal_stride and temporal_pad, C3D's for three,
    the other fields tell the last two.
    """

    window: Window

    def read_window(self, param: Any, name: str, axes: int) -> Window:
        """The window that a parameter message, called `name` in errors, gives for these axes."""
        read = _FieldReader(self, param, name, axes)
        return Window(
            kernel=read.sizes("kernel_size", least=1),
            stride=read.sizes("stride", least=1),
            pad=read.sizes("pad", least=0),
            dilation=read.sizes("dilation", least=1),
        )

    @property
    def is_too_wide(self) -> bool:
        """Whether kernels of a GPU could not add up its numbers."""
        window = self.window
        return max((*window.extent, *window.stride, *window.pad), default=0) > _MOST_ON_GPU

    def check_fit(self, name: str, out: Sizes, size: Sizes) -> None:
        """Raise ConfigError unless the window gives at least one output along every axis."""
        if min((*out, *size), default=1) < 1:
            raise self.error(
                f"{name}.kernel_size: {self.window.kernel} with pad {self.window.pad} "
                f"and dilation {self.window.dilation} does not fit a bottom of size {size}"
            )


class _FieldReader:
    """Turns the fields of one message into sizes along each of the spatial axes."""

    def __init__(self, layer: Layer, param: Any, name: str, axes: int):
        self._layer, self._param, self._name, self._axes = layer, param, name, axes
        self._has_depth = "kernel_depth" in param.DESCRIPTOR.fields_by_name and param.HasField(
            "kernel_depth"
        )
        if self._has_depth and axes != 3:
            raise self._error("kernel_depth", f"needs 3 spatial axes, but the bottom has {axes}")

    def sizes(self, field: str, least: int) -> Sizes:
        """One number per spatial axis, each at least `least`."""
        if self._has_depth:
            sizes = (self._depth(field), *self._plane_sizes(field, 2))
        else:
            sizes = self._plane_sizes(field, self._axes)
        for size in sizes:
            if size < least:
                raise self._error(field, f"must be at least {least}, got {size}")
            if size > _MOST:
                raise self._error(field, f"must be at most {_MOST}, got {size}")
        return sizes

    def _depth(self, field: str) -> int:
        name = _DEPTH_FIELDS.get(field, "")
        known = name in self._param.DESCRIPTOR.fields_by_name
        return getattr(self._param, name) if known else _DEFAULTS[field]

    def _plane_sizes(self, field: str, axes: int) -> Sizes:
        values = self._values(field)
        stem = _STEMS.get(field)
        pair = [f"{stem}_h", f"{stem}_w"] if stem else []
        known = self._param.DESCRIPTOR.fields_by_name
        given = [name for name in pair if name in known and self._param.HasField(name)]
        if given and values:
            raise self._error(field, f"cannot stand beside {given[0]}; give one or the other")
        if given:
            return self._pair(pair, given, field, axes)
        if len(values) == axes:
            return tuple(values)
        if len(values) == 1:
            return (values[0],) * axes
        if not values and field in _DEFAULTS:
            return (_DEFAULTS[field],) * axes
        if not values:
            forms = f" (or {pair[0]} and {pair[1]})" if axes == 2 and pair else ""
            raise self._error(field, f"is required{forms}")
        raise self._error(
            field, f"has {len(values)} values for {axes} spatial axes; give 1 or {axes}"
        )

    def _pair(self, pair: list[str], given: list[str], field: str, axes: int) -> Sizes:
        if axes != 2:
            raise self._error(
                given[0], f"needs 2 spatial axes, but the bottom has {axes}; use {field}"
            )
        missing = [name for name in pair if name not in given]
        if missing and field != "pad":  # the other pad is 0
            raise self._error(missing[0], f"is required beside {given[0]}")
        return tuple(getattr(self._param, name) for name in pair)

    def _values(self, field: str) -> list[int]:
        descriptor = self._param.DESCRIPTOR.fields_by_name.get(field)
        if descriptor is None:
            return []
        if descriptor.is_repeated:
            return list(getattr(self._param, field))
        return [getattr(self._param, field)] if self._param.HasField(field) else []

    def _error(self, field: str, problem: str):
        return self._layer.error(f"{self._name}.{field}: {problem}")
