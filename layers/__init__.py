"""Every layer type, one file each: `type: "InnerProduct"` is inner_product.py.

A file is imported when the first layer of its type is created, so that a small net starts fast.
"""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ..core import Layer, Rng
from ..core.registry import registered, registered_so_far
from ..proto import ConfigError
from .families.origins import origin

__all__ = ["create_layer", "layer_class", "layer_types"]


def create_layer(param: Any, dtype: Any = "float32", rng: Rng | None = None) -> Layer:
    """Build the layer a LayerParameter describes."""
    return layer_class(param.type, param.name)(param, dtype, rng)


def layer_class(name: str, layer: str = "") -> type[Layer]:
    """The class behind `type: "<name>"`; `layer` is who asked, for the error's sake."""
    module = _modules().get(name.lower())
    if registered(name) is None and module:
        import_module(f".{module}", __name__)
    found = registered(name)
    if found is None:
        where = f"layer {layer!r}: " if layer else ""
        raise ConfigError(f"{where}unknown type {name!r}{_suggestion(name)}")
    return found


def layer_types() -> list[str]:
    """Every known layer type, sorted; imports them all."""
    for module in _modules().values():
        import_module(f".{module}", __name__)
    return registered_so_far()


@cache
def _modules() -> dict[str, str]:
    """File by type in lower case: "innerproduct" is in inner_product."""
    files = (m.name for m in iter_modules(__path__) if not m.ispkg)
    return {name.replace("_", ""): name for name in files}


def _suggestion(name: str) -> str:
    if not name:
        return '; every layer says what it is, as in type: "ReLU" (`caffe layers` lists them all)'
    fork = origin(name)
    if fork:
        return (
            f", which comes from {fork} and is not here; write it in Python, as a class derived "
            f'from caffe.Layer, and say type: "Python" python_param {{ module: "my_layers" '
            f'layer: "{name}" }} instead (`caffe summarize -lenient` shows the rest of the net)'
        )
    by_lower = {known.lower(): known for known in layer_types()}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    nearest = f"; did you mean {by_lower[close[0]]!r}?" if close else ""
    return f"{nearest or '; no known type is close'} (`caffe layers` lists them all; \
a layer of your own can be a Python layer)"
