"""Launch: a kernel with its grid and its arguments, ready to run any number of times."""

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


class Launch:
    """Called, it puts a kernel on the device's stream; a CUDA graph may hold it.

    Arguments are device arrays, None for no array, or numbers: int becomes a 32-bit int, float a
    32-bit float, NumPy's scalars stay what they are.
    """

    __slots__ = ("_arguments", "_block", "_function", "_grid", "_shared", "label")

    def __init__(
        self,
        function: Function,
        label: str,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        arguments: tuple[Any, ...],
        shared: int = 0,
    ):
        self._function, self.label = function, label
        self._grid, self._block, self._shared = grid, block, shared
        self._arguments = tuple(map(_typed, arguments))

    def __call__(self) -> None:
        self._function(self._grid, self._block, self._arguments, shared_mem=self._shared)


class DeviceCall:
    """A library's call that puts its work on the device's stream; a CUDA graph may hold it."""

    __slots__ = ("_call", "label")

    def __init__(self, call: Callable[[], Any], label: str):
        self._call, self.label = call, label

    def __call__(self) -> None:
        self._call()


def is_capturable(call: Callable[[], Any]) -> bool:
    """Whether a call does nothing but put work on the device's stream."""
    return isinstance(call, Launch | DeviceCall)


def _typed(argument: Any) -> Any:
    if argument is None:
        return np.uintp(0)
    if isinstance(argument, bool | int):
        return np.int32(argument)
    # np.float64 is a float, too.
    if isinstance(argument, float) and not isinstance(argument, np.generic):
        return np.float32(argument)
    return argument
