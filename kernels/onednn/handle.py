"""Handle: an object of the library that lives as long as its Python object."""

from ctypes import byref, c_void_p
from typing import Any, ClassVar
from weakref import finalize

from .library import library


class Handle:
    """Made by one function of the library, destroyed by another when nobody refers to it.

    It can stand as an argument wherever the library takes its pointer.
    """

    _destroy: ClassVar[str]

    def __init__(self, create: str, *arguments: Any):
        pointer = c_void_p()
        library().call(create, byref(pointer), *arguments)
        self._as_parameter_ = pointer
        finalize(self, library().function(self._destroy), pointer).atexit = False
