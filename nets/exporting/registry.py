"""Which function writes a type of layer as ONNX nodes, by the name of the type in prototxt."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ...core import Layer
from .layer_export import LayerExport

Function = Callable[[LayerExport], str | list[str]]

_FUNCTIONS: dict[str, Function] = {}


def exports(*types: str) -> Callable[[Function], Function]:
    """Decorator: the function writes layers of these types; it returns the values of the tops.

    A type has one function; a later one replaces it, so that a user's own comes before ours.
    """

    def add(function: Function) -> Function:
        for name in types:
            _FUNCTIONS[name] = function
        return function

    return add


def function_for(layer: Layer) -> Function:
    """What writes this layer; ConfigError for a type that nothing writes."""
    found = exporters().get(layer.type)
    if found is None:
        raise layer.error(
            "cannot be exported: no ONNX operators are known for this type. End the net before it "
            "and do its work in your program, or register a function for it with "
            "cortado.nets.exporting.exports"
        )
    return found


def exporters() -> dict[str, Function]:
    """Every type that can be exported, with its function."""
    _load_operators()
    return _FUNCTIONS


@cache
def _load_operators() -> None:
    package = import_module(f"{__package__}.operators")
    own = dict(_FUNCTIONS)
    for module in iter_modules(package.__path__):
        import_module(f".{module.name}", package.__name__)
    _FUNCTIONS.update(own)
