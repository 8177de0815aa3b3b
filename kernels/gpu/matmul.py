"""Products of matrices on a GPU, by CUDA code of our own."""

from typing import Any

from ...core import Array
from ..slope import Ceiling, Slope
from .context import Context
from .division import divisor
from .launch import Launch

TILE = 64  # rows and columns of c that a block makes, as in tiles.cuh
TILE_THREADS = 256
ENOUGH_BLOCKS = 1 << 9  # fill any device
LEAST_TERMS = 1 << 7  # of a sum, before another block takes a share


def multiply(
    context: Context,
    a: Array,
    b: Array,
    c: Array,
    *,
    bias: Array = None,
    slope: Slope | None = None,
    adds: bool = False,
) -> list[Launch]:
    """The launches that write c = a b, with a bias for each column and a ReLU after it.

    All have two axes, and any strides. adds: to what c holds, before the ReLU. Each may be float32
    or in the type of the net's blobs, bias is float32. Sums are taken as float32, in one order
    always.
    """
    (m, k), n = a.shape, b.shape[1]
    if not m or not n:
        return []
    tiles = -(-m // TILE) * -(-n // TILE)
    pieces, piece = cut(k, tiles, LEAST_TERMS)
    partial = floats_of_workspace(context, pieces * m * n) if pieces > 1 else None
    reals = [array.dtype for array in (a, b, c) if array.dtype != "float32"] or ["float32"]
    macros: dict[str, Any] = {
        name: "real" if array.dtype == reals[0] else "float"
        for name, array in zip(("LEFT", "RIGHT", "OUT"), (a, b, c), strict=True)
    }
    strides = [stride // array.dtype.itemsize for array in (a, b, c) for stride in array.strides]
    macros |= {"A_ALONG_SUM": int(strides[1] == 1), "B_ALONG_SUM": int(strides[3] != 1)}
    end = adds, *relu_arguments(slope)
    launches = context.blocks(
        context.function("matmul.cu", "matmul", reals[0], **macros),
        *("matmul", tiles * pieces, TILE_THREADS),
        *(a, b, bias, c, partial, m, n, k, *strides, pieces, piece, *end),
    )
    if pieces == 1:
        return launches
    join = context.function("matmul.cu", "join", reals[0], **macros)
    geometry = m, n, *divisor(n), *strides[4:], pieces
    return launches + context.each(join, "matmul_join", m * n, partial, bias, c, *geometry, *end)


def cut(terms: int, blocks: int, least: int) -> tuple[int, int]:
    """How many pieces to make of sums, and their size, where so many blocks have one each."""
    pieces = max(min(ENOUGH_BLOCKS // max(blocks, 1), terms // least), 1)
    piece = max(-(-terms // pieces), 1)
    return max(-(-terms // piece), 1), piece


def floats_of_workspace(context: Context, count: int) -> Array:
    """So many float32 numbers that other kernels of the net write to as well."""
    return context.workspace(4 * count)[: 4 * count].view("float32")


def relu_arguments(slope: Slope | None) -> tuple[int, float]:
    """What rectified() of tiles.cuh takes."""
    if slope is None:
        return 0, 0.0
    if isinstance(slope, Ceiling):
        return 2, float(slope.limit)
    return 1, float(slope)
