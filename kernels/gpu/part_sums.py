"""PartSums: sums over all axes but one, or of parts of arrays otherwise, in one order always."""

from typing import Any

from ...core import Array
from .context import THREADS, Context
from .division import divisor
from .folded import Folded
from .launch import Launch

ENOUGH_BLOCKS = 1 << 10  # fill any device
LEAST_TERMS = 16  # for a thread, before another block takes a share
WARP = 32


class PartSums:
    """sums[g, p] = factor * the sum over o and i of term(x[g, o, p, i], y[g, o, p, i]).

    term    an expression of CUDA's C in x or in x and y, both floats: "x", "x * y", "fabsf(x)"
    finish  one in v, for what is to become of each sum: "sqrtf(v)"

    Any kernel that needs such sums makes one, and binds it when its blobs are bound:

        PartSums(context).bind(fold_axes(top[0], 1), weight.gpu_diff, dy, adds=wants.adds[1])

    gives a convolution's bias gradient. `folded` is (groups, outer, parts, inner): the axes of x
    as they run through its memory, in which x lies dense; see folded.py. x and y lie alike and
    have one dtype. sums is dense, groups * parts floats or numbers of x's dtype, written or added
    to. Of all arrays only the memory counts, not the shape. Terms are added as floats, the totals
    of chunks as doubles.
    """

    def __init__(self, context: Context, term: str = "x", finish: str = "v"):
        self._context, self._term, self._result = context, term, finish
        self._partial: Any = None

    def bind(
        self,
        folded: Folded,
        sums: Array,
        x: Array,
        y: Array = None,
        *,
        adds: bool = False,
        factor: float = 1.0,
    ) -> list[Launch]:
        """The launches that write the sums, or add them to what is there."""
        groups, outer, parts, inner = folded
        count = groups * parts
        if not count:
            return []
        end = sums, float(factor), adds
        by_columns = inner == 1
        threads, bits = _tile(parts, outer) if by_columns else (_row_threads(outer * inner), 0)
        tiles = -(-parts >> bits) if by_columns else parts
        length = outer if by_columns else outer * inner
        rows = threads >> bits
        chunks, chunk = _chunks(length, rows, groups * tiles)
        partial = self._room(chunks * count) if chunks > 1 else None
        if by_columns:
            geometry = outer, parts, tiles, bits, count, chunk
        else:
            geometry = outer, parts, inner, *divisor(inner), count, chunk
        name = "sum_columns" if by_columns else "sum_rows"
        function = self._function(name, x, sums, y is not None)
        launches = self._context.blocks(
            *(function, name, chunks * groups * tiles, threads, x, y, *geometry, partial, *end)
        )
        return launches + (self._finish(partial, chunks, count, x, end) if chunks > 1 else [])

    def _finish(self, partial: Array, chunks: int, count: int, x: Array, end: Any) -> list[Launch]:
        threads, bits = _tile(count, chunks)
        function = self._function("sum_partial", x, end[0], False)
        return self._context.blocks(
            *(function, "sum_partial", -(-count >> bits), threads),
            *(partial, chunks, bits, count, *end),
        )

    def _function(self, name: str, x: Array, sums: Array, reads_y: bool) -> Any:
        macros = {"TERM": f"({self._term})", "FINISH": f"({self._result})"}
        if reads_y:
            macros["READS_Y"] = "1"
        if sums.dtype == x.dtype:
            macros["SUMS_ARE_REAL"] = "1"
        return self._context.function("sums.cu", name, x.dtype, **macros)

    def _room(self, size: int) -> Array:
        if self._partial is None or self._partial.size < size:
            self._partial = self._context.zeros(size)
        return self._partial


def _tile(parts: int, outer: int) -> tuple[int, int]:
    """The threads of a block, and how many times 2 goes into the neighbours of p among them.

    Neighbours run along p, at least a warp of them if there are so many, and the rest along outer
    as far as there is something to add.
    """
    least = min(WARP, _power_of_2(parts))
    rows = min(THREADS // least, _power_of_2(outer))
    return THREADS, (THREADS // rows).bit_length() - 1


def _row_threads(length: int) -> int:
    return min(max(_power_of_2(length // 4), WARP), THREADS)


def _chunks(length: int, threads: int, blocks: int) -> tuple[int, int]:
    """How many chunks to make of a sum, and their size, where so many blocks have one each."""
    most = -(-length // (threads * LEAST_TERMS))
    chunks = max(min(most, -(-ENOUGH_BLOCKS // max(blocks, 1))), 1)
    # Multiples of the threads, so that all chunks but the last are read in whole rows.
    chunk = -(-length // (chunks * threads)) * threads
    return max(-(-length // max(chunk, 1)), 1), chunk


def _power_of_2(n: int) -> int:
    """The least power of 2 that is n or more."""
    return 1 << max(n - 1, 0).bit_length()
