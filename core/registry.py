"""Layer types by the name they have in prototxt."""

from collections.abc import Callable
from typing import TypeVar

from .layer import Layer

Class = TypeVar("Class", bound=type[Layer])

_TYPES: dict[str, type[Layer]] = {}


def register(name: str) -> Callable[[Class], Class]:
    """Class decorator: `type: "<name>"` in a prototxt creates the decorated class."""

    def add(cls: Class) -> Class:
        known = _TYPES.get(name)
        if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"layer type {name!r} is already {known.__module__}")
        _TYPES[name] = cls
        cls.type = name
        return cls

    return add


def registered(name: str) -> type[Layer] | None:
    """The class registered under this name so far."""
    return _TYPES.get(name)


def registered_so_far() -> list[str]:
    """The types of every layer module imported so far, and of the user's own."""
    return sorted(_TYPES)
