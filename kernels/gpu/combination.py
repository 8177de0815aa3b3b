"""Combination: one array made of several, number by number."""

from collections.abc import Sequence

from ...core import Array
from .context import Context
from .fours import each_four
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
            **arrays_of(len(arrays)),
            "RESULT": f"({self._result})",
            "COEFFICIENTS": ", ".join(f"float c{i}" for i in range(len(numbers))),
        }
        function = self._context.function("eltwise.cu", "combine", y.dtype, **macros)
        return each_four(self._context, function, "combine", [*arrays, y], y.size, *numbers)


def arrays_of(count: int) -> dict[str, str]:
    """The macros of eltwise.cu that tell how many arrays there are."""
    return {
        "ARRAYS": ", ".join(f"const real* x{i}" for i in range(count)),
        "LOADS": " ".join(f"LOAD({i})" for i in range(count)),
    }
