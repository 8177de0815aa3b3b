"""Broadcast: y = f(x) with numbers that many numbers of x have in common."""

import re

from ...core import Array
from .context import Context
from .division import divisor
from .folded import Folded
from .launch import Launch


class Broadcast:
    """y[g, o, p, i] = f(x and z there, s[g, p], b[g, p], a).

    function    f as an expression of CUDA's C in x, z, s, b and a, as many as it needs

    x, y and z lie as (groups, outer, parts, inner) and have one dtype; y may be x or z. s is an
    array of floats or of their dtype, b one of floats, a a number.
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
        is_real = s is not None and s.dtype == y.dtype
        macros = {**self._macros, "S_IS_REAL": "1"} if is_real else self._macros
        function = self._context.function("broadcast.cu", "broadcast", y.dtype, **macros)
        divisors = *divisor(inner), *divisor(parts), *divisor(outer)
        return self._context.each(
            *(function, "broadcast", y.size, x, z, s, b, y, float(a), y.size, parts),
            *divisors,
        )
