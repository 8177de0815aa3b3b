"""Calls: what a pass of a layer does, bound to its arrays and ready to be made many times."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

Call = Callable[[], Any]


def label(call: Call) -> str:
    """What a call runs: the name of a kernel's code, or of a method."""
    inner = call.func if isinstance(call, partial) else call
    return str(getattr(call, "label", "") or getattr(inner, "__qualname__", type(inner).__name__))


class Calls(NamedTuple):
    """Calls to be made in order; `on_new_weights` come first, and only after weights changed."""

    each_time: list[Call]
    on_new_weights: list[Call] = []

    def then(self, later: "Calls") -> "Calls":
        """These and, after them, later ones."""
        return Calls(self.each_time + later.each_time, self.on_new_weights + later.on_new_weights)

    @property
    def all(self) -> list[Call]:
        """Everything, for weights that change all the time."""
        return [*self.on_new_weights, *self.each_time]


def bind(kernel: Any, method: str, *arrays: Any, **hints: Any) -> Calls:
    """The calls of a kernel's method with these arrays.

    A kernel with a bind_METHOD prepares them, and is told the hints; others have no use for those.
    """
    prepare = getattr(kernel, f"bind_{method}", None)
    if prepare:
        return prepare(*arrays, **hints)
    return Calls([partial(getattr(kernel, method), *arrays)])
