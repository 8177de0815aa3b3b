"""Show the layers of a net: caffe summarize net.prototxt [-phase TEST].

A line for each layer: its type, the shapes of its tops and of its weights, how many numbers it
learns, how many multiply-adds a forward pass takes, and the memory of its tops. Nothing is run.
Where the data of a data layer is not at hand, -shape "data=64,3,227,227;label=64" replaces it.
With -lenient, layers of unknown types and unknown fields stop nothing: shapes that are not known
are shown as ?, and what is wrong stands below the table.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence

from ..core import Shape
from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import Phase
from .flags import FlagParser
from .shaped_net import ShapedLayer, shaped_layers

_HEADINGS = ("layer", "type", "top", "weights", "parameters", "multiply-adds", "memory")
_NUMBERS = 4  # the column from which on they are numbers


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("net", metavar="NET", help="the net definition, a prototxt file")
    parser.add_flag("phase", "TEST", "the phase of the net", choices=("TRAIN", "TEST"))
    parser.add_flag("level", 0, "the level of the net")
    parser.add_flag("stage", "", "stages of the net, separated by commas")
    parser.add_flag("shape", "", "shapes of tops of data layers, which are then not opened")
    parser.add_flag("lenient", False, "show what can be shown of a net with unknown layers")
    parser.set_defaults(minloglevel=1)


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("summarize", sys.argv[1:], "summarize")


def run(flags: Namespace) -> int:
    """Print the table."""
    problems: list[ConfigError] | None = [] if flags.lenient else None
    net = read_net(flags.net, problems)
    phase = Phase.Value(flags.phase)
    stages = tuple(flags.stage.split(","))
    layers = shaped_layers(net, phase, flags.level, stages, _shapes(flags.shape), problems)
    print(f"{net.name or 'A net without a name'}, phase {flags.phase}\n")
    for line in aligned([_HEADINGS, *map(_row, layers)], _NUMBERS):
        print(line)
    for problem in problems or ():
        print(f"\n{problem}")
    print(f"\n{_totals(layers)}")
    return 0


def aligned(rows: Sequence[Sequence[str]], numbers: int) -> list[str]:
    """A line for each row, columns two spaces apart, those from `numbers` on to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < numbers else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def shape_text(shape: Shape) -> str:
    """ "64x20x24x24"; "1" for a single number."""
    return "x".join(map(str, shape)) or "1"


def _row(shaped: ShapedLayer) -> tuple[str, ...]:
    layer = shaped.layer
    if not shaped.is_known:
        return (layer.name, layer.type, ", ".join("?" for _ in shaped.tops) or "-", *"?" * 4)
    counts = (shaped.parameters, shaped.multiply_adds)
    return (
        layer.name,
        layer.type,
        ", ".join(shape_text(top.shape) for top in shaped.tops) or "-",
        ", ".join(shape_text(weight.shape) for weight in layer.weights) or "-",
        *(f"{count:,}" if count else "-" for count in counts),
        _megabytes(sum(top.nbytes for top in shaped.tops)),
    )


def _totals(layers: list[ShapedLayer]) -> str:
    blobs = {id(blob): blob.nbytes for shaped in layers for blob in shaped.tops}
    parameters = sum(shaped.parameters for shaped in layers)
    unknown = sum(not shaped.is_known for shaped in layers)
    of_which = f" ({unknown} not known, and not counted below)" if unknown else ""
    return (
        f"{len(layers)} layers{of_which}, {parameters:,} parameters, "
        f"{sum(shaped.multiply_adds for shaped in layers):,} multiply-adds. "
        f"Memory: {_megabytes(sum(blobs.values()))} blobs, each counted once, "
        f"{_megabytes(4 * parameters)} weights; gradients take as much again."
    )


def _megabytes(count: float) -> str:
    return f"{count / 2**20:.2f} MiB"


def _shapes(text: str) -> dict[str, Shape]:
    """The shapes in "data=64,3,227,227;label=64"."""
    shapes: dict[str, Shape] = {}
    for part in filter(None, text.split(";")):
        name, _, sizes = part.partition("=")
        try:
            shapes[name.strip()] = tuple(int(size) for size in sizes.split(","))
        except ValueError:
            raise ConfigError(
                f"-shape: {part!r} is no shape; write it as data=64,3,227,227;label=64"
            ) from None
    return shapes
