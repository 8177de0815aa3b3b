"""Correlation: sliding filters by CUDA code of our own, from image to map and back."""

from typing import Any

from ...core import Array, Window
from ..slope import Slope
from .context import Context
from .correlation_tables import Tables, side_of, to_image, to_map, widened
from .division import divisor
from .launch import Launch
from .matmul import TILE, TILE_THREADS, cut, floats_of_workspace, relu_arguments

FEW_COLUMNS = 8  # of a group: most of a tile would be empty
LEAST_PLACES = 1 << 8  # that a gradient of filters is summed over, before another block takes some
MOST_NUMBERS = 1 << 31
WARP_BITS = 5


class Correlation:
    """Launches from image to map or back, for arrays that lie as these two.

    image    (N, C, *size), 1 to 3 spatial axes; of any strides
    maps     (N, K, *out)
    filters  (K, C / group, *kernel), float32, dense
    """

    def __init__(
        self, context: Context, image: Array, maps: Array, window: Window, group: int
    ) -> None:
        self._context = context
        self._geometry = side_of(image), side_of(maps), widened(window), group
        self._sides: dict[Any, _OneWay] = {}

    def to_map(self, image: Array, filters: Array, bias: Array, maps: Array, slope: Any):
        """maps[k] = bias[k] + the filters [k] correlated with the image; then a ReLU."""
        return self._one_way(to_map).bind(image, filters, bias, maps, slope)

    def to_image(self, maps: Array, filters: Array, bias: Array, image: Array, slope: Any):
        """image = bias + the maps' numbers times the filters, laid down there; then a ReLU."""
        return self._one_way(to_image).bind(maps, filters, bias, image, slope)

    def filters(self, image: Array, dmaps: Array, dfilters: Array, adds: bool) -> list[Launch]:
        """The gradient of the filters, if maps came from the image."""
        return self._one_way(to_map).bind_filters(image, dmaps, dfilters, adds)

    def _one_way(self, make: Any) -> "_OneWay":
        if make not in self._sides:
            self._sides[make] = _OneWay(self._context, make(*self._geometry), self._geometry[3])
        return self._sides[make]


class _OneWay:
    def __init__(self, context: Context, tables: Tables, group: int):
        self._context, self._tables, self._group = context, tables, group
        self._correlation, self._phases, self._places = (
            context.constants(numbers.reshape(-1))
            for numbers in (tables.correlation, tables.phases, tables.places)
        )
        self._taps = context.constants(tables.taps.reshape(-1))

    def bind(
        self, source: Array, filters: Array, bias: Array, target: Array, slope: Slope | None
    ) -> list[Launch]:
        tables, context = self._tables, self._context
        all_columns, taps = self._group * tables.columns, len(tables.taps)
        packed = floats_of_workspace(context, taps * all_columns)
        macros = self._macros(source, target)
        packing = self._function("pack", source, macros)
        launches = context.each(
            *(packing, "correlation_pack", taps * all_columns, filters, self._places, packed, taps),
            *(all_columns, *divisor(all_columns), tables.columns),
            *(tables.column_stride, tables.group_stride),
        )
        arrays = source, self._taps, packed, bias, target, self._correlation, self._phases
        end, count = relu_arguments(slope), len(tables.phases) * tables.rows * all_columns
        if not count:
            return []
        if tables.columns <= FEW_COLUMNS and count < MOST_NUMBERS:
            function = self._function("correlate_each", source, macros)
            return launches + context.each(
                function, "correlate_each", count, *arrays, tables.rows, count, *end
            )
        down = -(-tables.rows // TILE)
        tiles = down * -(-tables.columns // TILE) * self._group * len(tables.phases)
        function = self._function("correlate", source, macros)
        return launches + context.blocks(
            function, "correlate", tiles, TILE_THREADS, *arrays, down, *end
        )

    def bind_filters(
        self, source: Array, dtarget: Array, dfilters: Array, adds: bool
    ) -> list[Launch]:
        tables, context = self._tables, self._context
        all_columns, taps = self._group * tables.columns, len(tables.taps)
        few = tables.columns <= FEW_COLUMNS
        if few:
            bits = min((all_columns - 1).bit_length(), WARP_BITS)
            blocks = -(-all_columns >> bits) * taps
        else:
            bits = None
            blocks = -(-tables.columns // TILE) * -(-taps // TILE) * self._group
        pieces, piece = cut(tables.rows, blocks, LEAST_PLACES)
        partial = floats_of_workspace(context, pieces * all_columns * taps)
        macros = {"BY_CHANNELS": int(_by_channels(source) or _by_channels(dtarget))}
        name = "correlate_filters_each" if few else "correlate_filters"
        function = context.function("correlation_filters.cu", name, source.dtype, **macros)
        join = context.function("correlation_filters.cu", "join", source.dtype, **macros)
        geometry = self._taps, self._correlation, self._phases, partial
        end = (bits, piece) if few else (piece,)
        return [
            *context.blocks(
                *(function, name, blocks * pieces, TILE_THREADS, source, dtarget, *geometry, *end)
            ),
            *context.each(
                *(join, "correlation_join", all_columns * taps, partial, self._places, dfilters),
                *(all_columns, taps, *divisor(taps), pieces, adds),
            ),
        ]

    def _macros(self, source: Array, target: Array) -> dict[str, int]:
        return {
            "SOURCE_ALONG_SUM": int(_by_channels(source)),
            "TARGET_BY_CHANNELS": int(_by_channels(target)),
        }

    def _function(self, name: str, like: Array, macros: dict[str, int]) -> Any:
        return self._context.function("correlation.cu", name, like.dtype, **macros)


def _by_channels(array: Array) -> bool:
    """Whether channels lie closest together in memory."""
    return array.shape[1] > 1 and array.strides[1] == array.dtype.itemsize
