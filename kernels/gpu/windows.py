"""Windows: what windows.cuh has to know of a sliding window and of the arrays it slides over."""

from math import prod
from typing import Any

from ...core import Array, Shape, Window
from .context import Context
from .launch import Function

MOST_AXES = 3
PACK = 4  # channels that a thread takes where they lie next to each other: 16 bytes of float32
MOST_TAPS = 1 << 31


class Windows:
    """A window that slides over x (N, C, *size) and gives y (N, C, *out).

    others   further arrays whose numbers threads take together with those of x and y
    sizes    channels, size and out as kernels want them: each of three axes, channels in packs
    """

    def __init__(self, context: Context, window: Window, x: Array, y: Array, *others: Array):
        self._context, self._window = context, window
        arrays = (x, y, *others)
        lasts = [is_channels_last(array) for array in arrays]
        channels = x.shape[1]
        packs = all(lasts) and channels % PACK == 0 and all(map(self._is_aligned, arrays))
        self.pack = PACK if packs else 1
        self._lasts = dict(zip(("X_LAST", "Y_LAST"), map(int, lasts), strict=False))
        self.sizes = (
            channels // self.pack,
            *_three(x.shape[2:], 1),
            *_three(y.shape[2:], 1),
        )

    def function(self, file: str, name: str, real: Any, **definitions: Any) -> Function:
        """A kernel of a source that includes windows.cuh."""
        window = self._window
        fields = {
            "WINDOW": _three(window.kernel, 1),
            "STRIDE": _three(window.stride, 1),
            "PAD": _three(window.pad, 0),
        }
        macros = {
            f"{field}_{axis}": number
            for field, numbers in fields.items()
            for axis, number in zip("DHW", numbers, strict=True)
        }
        macros |= {**self._lasts, "PACK": self.pack, **definitions}
        return self._context.function(file, name, real, **macros)

    def count(self, array: Array) -> int:
        """How many packs an array has."""
        return array.size // self.pack

    def _is_aligned(self, array: Array) -> bool:
        return self._context.gpu.pointer(array) % (PACK * array.dtype.itemsize) == 0


def is_served(window: Window) -> bool:
    """Whether there are kernels for such a window."""
    return window.axes <= MOST_AXES and prod(window.kernel) < MOST_TAPS


def covers_planes(window: Window, size: Shape, out: Shape) -> bool:
    """Whether there is but one window, and all of x lies under it."""
    return prod(out) == 1 and all(
        k - p >= n for k, p, n in zip(window.kernel, window.pad, size, strict=True)
    )


def tap_type(window: Window) -> tuple[str, str]:
    """The smallest integer that holds the number of a place in a window: for NumPy, and in C."""
    return ("uint8", "unsigned char") if prod(window.kernel) <= 256 else ("int32", "int")


def is_channels_last(array: Array) -> bool:
    """Whether axis 1 of (N, C, *size) runs fastest; False where that makes no difference."""
    apart = [s for n, s in zip(array.shape[2:], array.strides[2:], strict=True) if n > 1]
    return bool(apart) and array.shape[1] > 1 and array.strides[1] < min(apart)


def _three(numbers: Shape, missing: int) -> Shape:
    return (missing,) * (MOST_AXES - len(numbers)) + tuple(numbers)
