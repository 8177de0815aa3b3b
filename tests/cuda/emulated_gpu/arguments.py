"""Packs a launch's arguments; refuses what a GPU would take for something else without a word."""

from typing import Any

import numpy as np

from .arrays import DeviceArray


class Parameter:
    """One parameter of a kernel.

    kind   as shim/launch.h names it: NumPy's name, with "*" where it is a pointer to such
    """

    def __init__(self, kernel: str, name: str, kind: str):
        self.kernel, self.name, self.kind = kernel, name, kind
        self.is_pointer = kind.endswith("*")
        self._element = kind.removesuffix("*")
        self._dtype = None if self._element in ("any", "?") else np.dtype(self._element)

    def pack(self, argument: Any) -> int:
        """The argument's bits."""
        if self._dtype is None and self.kind != "any*":
            raise self._error("has a type that cannot be passed here")
        return self._address(argument) if self.is_pointer else self._bits(argument)

    def _address(self, argument: Any) -> int:
        if isinstance(argument, DeviceArray):
            # Not `in (None, ...)`: to NumPy, None is float64.
            if self._dtype is not None and self._dtype != argument.dtype:
                raise self._error(f"takes an array of {self._element}, got one of {argument.dtype}")
            return argument.ctypes.data
        if isinstance(argument, np.uintp) and argument == 0:
            return 0
        raise self._error(
            f"takes an array of the device or np.uintp(0), got {type(argument).__name__}"
        )

    def _bits(self, argument: Any) -> int:
        if not isinstance(argument, np.generic) or argument.dtype != self._dtype:
            raise self._error(f"takes np.{self._dtype}, got {_type_name(argument)}")
        return int.from_bytes(argument.tobytes(), "little")

    def _error(self, problem: str) -> TypeError:
        return TypeError(f"kernel {self.kernel}: {self.name} {problem}")


def _type_name(argument: Any) -> str:
    kind = type(argument)
    return f"np.{kind.__name__}" if isinstance(argument, np.generic) else kind.__name__
