"""Descriptor: the shape and type of an array, and where in memory its elements lie."""

from collections.abc import Sequence
from ctypes import byref, c_int, c_int64, c_void_p
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from ...core import Shape
from .enumerators import FORMAT_TAG_ANY, FORMAT_TAG_TILED, FormatKind, Query
from .errors import OneDNNError, PlanningError
from .handle import Handle
from .library import library
from .prototypes import MOST_AXES, Dims

_NUMBERS = {"float32": 3, "int32": 4, "int8": 5, "uint8": 6}
_DTYPES = {number: np.dtype(name) for name, number in _NUMBERS.items()}


class Descriptor(Handle):
    """Where the elements of an array of one shape and dtype lie.

    Made by plain(), channels_last(), strided(), tiled() or unspecified(), by region() of another
    one, or as the answer of a primitive descriptor, which may then be blocked: cut into small
    tiles.
    Equal if arrays can be exchanged without reordering.
    """

    _destroy = "memory_desc_destroy"
    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def plain(cls, shape: Shape, dtype: Any = "float32") -> "Descriptor":
        """C-contiguous: the last axis runs fastest."""
        return cls.strided(shape, _dense_strides(shape, range(len(shape))), dtype)

    @classmethod
    def channels_last(cls, shape: Shape, dtype: Any = "float32") -> "Descriptor":
        """Axis 1 of (N, C, *size) runs fastest."""
        order = (0, *range(2, len(shape)), 1)
        return cls.strided(shape, _dense_strides(shape, order), dtype)

    @classmethod
    def outside(cls, shape: Shape, channels_last: bool, dtype: Any = "float32") -> "Descriptor":
        """As a caller's array lies: channels-last or plain."""
        return (cls.channels_last if channels_last else cls.plain)(shape, dtype)

    @classmethod
    def strided(cls, shape: Shape, strides: Sequence[int], dtype: Any = "float32") -> "Descriptor":
        """Strides count elements."""
        number = _checked(shape, dtype)
        create = "memory_desc_create_with_strides"
        return cls(create, len(shape), Dims(*shape), number, Dims(*strides))

    @classmethod
    def tiled(cls, shape: Shape, tile: int) -> "Descriptor":
        """float32 (N, C, H, W), cut into tiles of 8 or 16 channels, the last one padded."""
        create, number = "memory_desc_create_with_tag", _checked(shape, "float32")
        return cls(create, len(shape), Dims(*shape), number, FORMAT_TAG_TILED[tile])

    @classmethod
    def unspecified(cls, shape: Shape, dtype: Any = "float32") -> "Descriptor":
        """Left to the primitive: ask its descriptor what it chose."""
        number = _checked(shape, dtype)
        create = "memory_desc_create_with_tag"
        return cls(create, len(shape), Dims(*shape), number, FORMAT_TAG_ANY)

    @classmethod
    def copy_of(cls, pointer: c_void_p) -> "Descriptor":
        """A copy of a descriptor that belongs to somebody else."""
        return cls("memory_desc_clone", pointer)

    def region(self, shape: Shape, start: Shape) -> "Descriptor":
        """A box of this array, for memory that holds all of it."""
        _checked(shape, self.dtype)
        ends = [a + b for a, b in zip(start, shape, strict=True)]
        if min(start) < 0 or any(a > b for a, b in zip(ends, self.shape, strict=True)):
            raise OneDNNError(f"region: {shape} at {start} leaves the shape {self.shape}")
        return type(self)("memory_desc_create_submemory", self, Dims(*shape), Dims(*start))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Descriptor):
            return NotImplemented
        return bool(library().function("memory_desc_equal")(self, other))

    def __repr__(self) -> str:
        return f"Descriptor({self.shape}, {self.dtype}, {self.layout})"

    @cached_property
    def shape(self) -> Shape:
        """The logical shape, whatever the layout."""
        axes = self._number(Query.NDIMS)
        return tuple(self._numbers(Query.DIMS, axes)) if axes else ()

    @cached_property
    def dtype(self) -> np.dtype:
        """The type of an element."""
        return _DTYPES[self._number(Query.DTYPE)]

    @cached_property
    def bytes(self) -> int:
        """How much memory it takes, with what pads the tiles; 0 if unspecified."""
        return library().function("memory_desc_get_size")(self)

    @cached_property
    def is_unspecified(self) -> bool:
        """Whether the layout is left to a primitive."""
        return self._number(Query.FORMAT_KIND) == FormatKind.ANY

    @cached_property
    def strides(self) -> tuple[int, ...] | None:
        """Elements from one index to the next of each axis; None unless these tell the layout."""
        if self._number(Query.FORMAT_KIND) != FormatKind.BLOCKED or self._number(Query.BLOCKS):
            return None
        return tuple(self._numbers(Query.STRIDES, len(self.shape)))

    @cached_property
    def layout(self) -> str:
        """In oneDNN's notation: axes from slow to fast, abcd is plain, acdb channels-last.

        Capitals are axes cut into tiles, whose sizes follow: aBcd16b.
        """
        kind = FormatKind(self._number(Query.FORMAT_KIND))
        if kind != FormatKind.BLOCKED:
            return kind.name.lower()
        axes, blocks = len(self.shape), self._number(Query.BLOCKS)
        strides = self._numbers(Query.STRIDES, axes)
        cut = self._numbers(Query.BLOCK_AXES, blocks) if blocks else []
        sizes = self._numbers(Query.BLOCK_SIZES, blocks) if blocks else []
        order = sorted(range(axes), key=lambda axis: (-strides[axis], axis))
        letters = "".join(chr(ord("A" if axis in cut else "a") + axis) for axis in order)
        tiles = "".join(
            f"{size}{chr(ord('a') + axis)}" for size, axis in zip(sizes, cut, strict=True)
        )
        return letters + tiles

    def _number(self, what: Query) -> int:
        result = c_int()
        library().call("memory_desc_query", self, what, byref(result))
        return result.value

    def _numbers(self, what: Query, count: int) -> list[int]:
        result = c_void_p()
        library().call("memory_desc_query", self, what, byref(result))
        return list((c_int64 * count).from_address(result.value or 0))


def _checked(shape: Shape, dtype: Any) -> int:
    """The library's number for dtype, if it and the shape are such as it serves."""
    name = np.dtype(dtype).name
    if name not in _NUMBERS:
        raise PlanningError(f"oneDNN: computes with {', '.join(_NUMBERS)}, not {name}")
    if not 1 <= len(shape) <= MOST_AXES:
        raise PlanningError(f"oneDNN: arrays have 1 to {MOST_AXES} axes, not {len(shape)}")
    if prod(shape) == 0 or min(shape) < 0:
        raise PlanningError(f"oneDNN: the shape {tuple(shape)} has no elements")
    return _NUMBERS[name]


def _dense_strides(shape: Shape, order: Sequence[int]) -> list[int]:
    strides, step = [0] * len(shape), 1
    for axis in reversed(order):
        strides[axis] = step
        step *= shape[axis]
    return strides
