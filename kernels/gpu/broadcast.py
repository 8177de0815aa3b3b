"""Broadcast: y = f(x) with numbers that many numbers of x have in common."""

import re

from ...core import Array
from .context import Context
from .division import divisor
from .folded import Folded
from .fours import each_four
from .launch import Launch


class Broadcast:
    """y[g, o, p, i] = f(x and z there, s[g, p], b[g, p], a).

    function    f as an expression of CUDA's C in x, z, s, b and a, as many as it needs

    x, y and z lie as (groups, outer, parts, inner) and have one dtype; y may be x or z. s and b
    are arrays of floats or of that dtype, a a number.
    """

    def __init__(self, context: Context, function: str):
        self._context = context
        self._macros = {"FUNCTION": f"({function})"}
        for name in "xzsb":
            if re.search(rf"\b{name}\b", function):
                self._macros[f"READS_{name.upper()}"] = "1"

    def bind(
        self,
        folded: Folded,
        y: Array,
        x: Array = None,
        *,
        s: Array = None,
        b: Array = None,
        z: Array = None,
        a: float = 0.0,
    ) -> list[Launch]:
        """The launches that write y."""
        _, outer, parts, inner = folded
        macros = dict(self._macros)
        for name, array in (("S", s), ("B", b)):
            if array is not None and array.dtype == y.dtype:
                macros[f"{name}_IS_REAL"] = "1"
        function = self._context.function("broadcast.cu", "broadcast", y.dtype, **macros)
        divisors = *divisor(inner), *divisor(parts), *divisor(outer)
        return each_four(
            *(self._context, function, "broadcast", [x, z, y], y.size),
            *(s, b, float(a), parts, *divisors),
        )
