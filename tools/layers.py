"""List the layer types, or explain those named: their formula, blobs and prototxt fields."""

import inspect
from argparse import Namespace

from ..layers import layer_class, layer_types
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("types", metavar="TYPE", nargs="*", help="explain it; without, list all")


def run(flags: Namespace) -> int:
    """Print the list, or the documentation of each type."""
    if flags.types:
        print("\n\n".join(f"{name}: {_documentation(name)}" for name in flags.types))
        return 0
    names = layer_types()
    width = max(map(len, names)) + 2
    for name in names:
        print(f"{name:<{width}}{_documentation(name).splitlines()[0]}")
    return 0


def _documentation(name: str) -> str:
    return inspect.cleandoc(layer_class(name).__doc__ or "not documented")
