"""Compare two weights files, two nets or two solvers: caffe diff A B [-tolerance 1e-6].

Weights are compared layer by layer, number by number; prototxts as they are read, whatever their
age, comments and spaces. As with diff, the exit status is 0 if they are the same, 1 if they
differ, 2 if they cannot be compared.
"""

from argparse import Namespace
from collections.abc import Iterator
from difflib import unified_diff

import numpy as np

from ..proto import ConfigError, LayerWeights, format_text, parse_net, parse_solver, read_weights
from ..proto.input_file import is_hdf5, read_file
from .flags import FlagParser

TROUBLE = 2  # exit status


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("first", metavar="A", help="a caffemodel or prototxt")
    parser.add_argument("second", metavar="B", help="another of its kind")
    parser.add_flag("tolerance", 0.0, "how far apart two weights may be and count as the same")
    parser.set_defaults(minloglevel=1)


def run(flags: Namespace) -> int:
    """Print what differs."""
    paths = (flags.first, flags.second)
    holding_weights = [_holds_weights(path) for path in paths]
    if all(holding_weights):
        first, second = map(read_weights, paths)
        lines = weight_differences(first, second, flags.tolerance)
    elif any(holding_weights):
        weights, text = paths if holding_weights[0] else reversed(paths)
        raise ConfigError(f"{weights} holds weights, and {text} is prototxt: they do not compare")
    else:
        before, after = (_normal_text(path).splitlines() for path in paths)
        lines = unified_diff(before, after, flags.first, flags.second, lineterm="")
    status = 0
    for line in lines:
        print(line)
        status = 1
    return status


def weight_differences(
    first: list[LayerWeights], second: list[LayerWeights], tolerance: float
) -> Iterator[str]:
    """A line for every layer that only one file has, and for every blob that differs."""
    theirs = {layer.name: layer for layer in second if layer.blobs}
    ours = {layer.name: layer for layer in first if layer.blobs}
    for name, layer in ours.items():
        if name not in theirs:
            yield f"- {name}: only in the first file"
            continue
        other = theirs[name]
        if len(layer.blobs) != len(other.blobs):
            yield f"! {name}: {len(layer.blobs)} blobs, {len(other.blobs)} in the second file"
        for i in range(min(len(layer.blobs), len(other.blobs))):
            problem = _blob_difference(layer, other, i, tolerance)
            if problem:
                yield f"! {name}, blob {i}: {problem}"
    for name in theirs:
        if name not in ours:
            yield f"+ {name}: only in the second file"


def _blob_difference(
    first: LayerWeights, second: LayerWeights, index: int, tolerance: float
) -> str | None:
    a, b = first.blobs[index], second.blobs[index]
    if a is None or b is None:  # HDF5 leaves out what an earlier layer shares with this one
        return None
    shapes = a.shape, b.shape
    if first.is_legacy[index] or second.is_legacy[index]:
        a, b = (x.reshape(_without_leading_ones(x.shape)) for x in (a, b))
    if a.shape != b.shape:
        return f"shape {shapes[0]}, {shapes[1]} in the second file"
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
    same = (apart <= tolerance) | (a == b) | (np.isnan(a) & np.isnan(b))
    count = a.size - np.count_nonzero(same)
    if not count:
        return None
    worst = np.unravel_index(
        np.argmax(np.where(same, -1, np.nan_to_num(apart, nan=np.inf))), a.shape
    )
    place = ", ".join(str(int(i)) for i in worst)
    return (
        f"{count:,} of {a.size:,} numbers differ, most at ({place}): "
        f"{a[worst]:g}, {b[worst]:g} in the second file"
    )


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    sizes = list(shape)
    while len(sizes) > 1 and sizes[0] == 1:
        del sizes[0]
    return tuple(sizes)


def _holds_weights(path: str) -> bool:
    data = read_file(path)
    return is_hdf5(data) or b"\0" in data


def _normal_text(path: str) -> str:
    """A net or solver as it is read, in prototxt."""
    text = read_file(path).decode("utf-8", "surrogateescape")
    try:
        return format_text(parse_net(text, path))
    except ConfigError as problem:
        try:
            return format_text(parse_solver(text, path))
        except ConfigError as other:
            # Whichever reading came further is what the file was meant to be.
            raise max(problem, other, key=lambda error: _line_number(str(error), path)) from None


def _line_number(message: str, path: str) -> int:
    number = message.removeprefix(f"{path}:").partition(":")[0]
    return int(number) if number.isdecimal() else 0
