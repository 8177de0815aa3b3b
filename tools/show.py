"""Show what a weights file holds: caffe show weights.caffemodel [-filters out.png].

A line for each blob: its layer, shape, mean, standard deviation, least and largest number.
-filters draws those of the first convolution, or of the one named by -layer, side by side.
"""

from argparse import Namespace

import numpy as np

from ..proto import ConfigError, LayerWeights, read_weights
from .filter_grid import write_filters
from .flags import FlagParser
from .summarize import aligned, shape_text

_HEADINGS = ("layer", "type", "blob", "shape", "mean", "std", "min", "max")
_NUMBERS = 4  # the column from which on they are numbers
_CONVOLUTIONS = ("Convolution", "Deconvolution", "")  # HDF5 files tell no types


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("weights", metavar="WEIGHTS", help="a .caffemodel or .caffemodel.h5")
    parser.add_flag("filters", "", "a .png to draw filters into")
    parser.add_flag("layer", "", "whose filters; without, the first convolution's")
    parser.set_defaults(minloglevel=1)


def run(flags: Namespace) -> int:
    """Print the table, and draw the filters if asked to."""
    layers = read_weights(flags.weights)
    rows = [row for layer in layers for row in _rows(layer)]
    for line in aligned([_HEADINGS, *rows], _NUMBERS):
        print(line)
    blobs = [blob for layer in layers for blob in layer.blobs if blob is not None]
    count = sum(blob.size for blob in blobs)
    print(f"\n{len(layers)} layers, {len(blobs)} blobs, {count:,} numbers")
    if flags.filters:
        layer, filters = _filters(layers, flags.layer, flags.weights)
        write_filters(flags.filters, filters)
        print(f"Drew the {len(filters)} filters of {layer} to {flags.filters}")
    return 0


def _rows(layer: LayerWeights) -> list[tuple[str, ...]]:
    return [
        (layer.name, layer.type or "-", str(i), shape_text(blob.shape), *_statistics(blob))
        for i, blob in enumerate(layer.blobs)
        if blob is not None
    ]


def _statistics(blob: np.ndarray) -> tuple[str, ...]:
    if not blob.size:
        return ("-",) * 4
    mean = float(blob.mean(dtype=np.float64))
    with np.errstate(invalid="ignore"):  # of infinite weights
        deviation = float(blob.std(dtype=np.float64))
    return tuple(f"{x:.4g}" for x in (mean, deviation, blob.min(), blob.max()))


def _filters(layers: list[LayerWeights], name: str, source: str) -> tuple[str, np.ndarray]:
    """The name of the layer, and its filters (N, C, H, W)."""
    if name and name not in [layer.name for layer in layers]:
        raise ConfigError(f"-layer: {source} has no layer {name!r}")
    for layer in layers:
        blob = layer.blobs[0] if layer.blobs else None
        if (
            blob is None
            or not blob.size
            or name not in ("", layer.name)
            or layer.type not in _CONVOLUTIONS
        ):
            continue
        if blob.ndim == 4:
            return layer.name, blob
    raise ConfigError(
        f"-filters: {f'layer {name!r}' if name else source} has no filters to draw: none are 4-d "
        "weights (N, C, H, W) of a convolution"
    )
