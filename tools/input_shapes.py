"""The flag -input: shapes of the inputs of a net."""

from ..core import Shape
from ..proto import ConfigError
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare -input."""
    parser.add_flag("input", "", "the shape of the first input, or name=shape;name=shape")


def input_shapes(text: str) -> dict[str, Shape]:
    """The shapes in "1x3x224x224" or "data=1x3x600x800;rois=300x5"; "" names the first input."""
    shapes: dict[str, Shape] = {}
    for part in filter(None, text.split(";")):
        name, _, sizes = part.rpartition("=")
        try:
            shapes[name.strip()] = tuple(int(size) for size in sizes.replace(",", "x").split("x"))
        except ValueError:
            raise ConfigError(f"-input: {part!r} is no shape; write it as 1x3x224x224") from None
    return shapes
