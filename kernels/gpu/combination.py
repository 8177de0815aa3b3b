"""Combination: one array made of several, number by number."""

from collections.abc import Sequence

from ...core import Array
from .context import Context
from .launch import Launch


class Combination:
    """y = a function of any number of arrays, which lie alike and have one dtype.

    result  the function as an expression of CUDA's C in VALUE(0), VALUE(1), ... and c0, c1, ...,
            the coefficients; functions.cuh has more
    """

    def __init__(self, context: Context, result: str):
        self._context, self._result = context, result

    def bind(
        self, y: Array, arrays: Sequence[Array], coefficients: Sequence[float] = ()
    ) -> list[Launch]:
        """The launches that write y, which may be one of the arrays."""
        numbers = list(map(float, coefficients)) or [0.0]
        macros = {
            "ARRAYS": declared("const real* x", len(arrays)),
            "RESULT": f"({self._result})",
            "COEFFICIENTS": declared("float c", len(numbers)),
        }
        function = self._context.function("eltwise.cu", "combine", y.dtype, **macros)
        return self._context.each(function, "combine", y.size, *arrays, y, y.size, *numbers)


def declared(prefix: str, count: int) -> str:
    """So many parameters of a kernel: "float c0, float c1"."""
    return ", ".join(f"{prefix}{i}" for i in range(count))
