"""Score windows of images: caffe detect IN.csv OUT -model_def deploy.prototxt -pretrained_model W.

IN.csv has the columns filename, ymin, xmin, ymax and xmax: pixels, the upper left corner inside
the window. -context_pad pixels of the net's input show what is around it, as R-CNN has it. OUT
gets the scores: as .csv with the columns filename, ymin, xmin, ymax, xmax, class0, class1, ...
or as .h5 with the datasets filename, window and prediction.
"""

import csv
import io
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..data.window_crop import window_with_context
from ..proto import ConfigError, write_file
from ..proto.hdf5 import write_hdf5
from ..proto.input_file import read_file
from . import image_input, predictions
from .flags import FlagParser
from .image_input import ImageInput

_CORNERS = ("ymin", "xmin", "ymax", "xmax")


class Window(NamedTuple):
    """Where to look in an image."""

    filename: str
    corners: tuple[int, int, int, int]  # top, left, bottom, right
    line: int  # of the file that names it


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("input", metavar="IN", type=Path, help="the windows, a .csv file")
    parser.add_argument("output", metavar="OUT", type=Path, help="to be written: .csv or .h5")
    predictions.add_flags(parser)
    modes = ("list", "selective_search")
    parser.add_flag("crop_mode", "list", "where windows come from: only list", choices=modes)
    image_input.add_flags(parser)
    parser.add_flag("context_pad", 16, "pixels of the net's input around the window")
    parser.set_defaults(minloglevel=1)


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("detect", sys.argv[1:], "detect")


def run(flags: Namespace) -> int:
    """Write the scores of every window."""
    kind = predictions.extension(flags.output)
    if kind not in ("csv", "h5"):
        raise ConfigError(f"{flags.output}: scores are written as .csv or .h5")
    if flags.crop_mode != "list":
        raise ConfigError(
            "-crop_mode: selective_search proposes windows by a MATLAB program that is not part of "
            "this toolkit; propose them otherwise, and give them as a .csv"
        )
    windows = read_windows(flags.input)
    net = predictions.open_net(flags)
    try:
        name = net.inputs[0]
        prepare = ImageInput(flags, net.blobs[name].shape, name)
        _check_context(flags.context_pad, prepare.size)
        start = time.perf_counter()
        crops = _crops(windows, prepare, flags.context_pad)
        scores = np.stack(list(predictions.predict(net, crops)))
        seconds = time.perf_counter() - start
    finally:
        net.close()
    print(f"Processed {len(windows)} windows in {seconds:.3f} s.")
    _write(flags.output, kind, windows, scores.reshape(len(windows), -1))
    print(f"Saved to {flags.output}")
    return 0


def read_windows(path: Path) -> list[Window]:
    """The windows in a .csv file, in its order; ConfigError names the line that is wrong."""
    rows = csv.DictReader(io.StringIO(read_file(path).decode("utf-8", "replace")))
    missing = {"filename", *_CORNERS} - set(rows.fieldnames or ())
    if missing:
        raise ConfigError(
            f"{path}: has no column {', '.join(sorted(missing))}; the first line names the "
            "columns filename,ymin,xmin,ymax,xmax"
        )
    windows = []
    for row in rows:
        try:
            y1, x1, y2, x2 = (round(float(row[corner])) for corner in _CORNERS)
        except (TypeError, ValueError, OverflowError):
            raise ConfigError(
                f"{path}:{rows.line_num}: a corner of the window is no number"
            ) from None
        windows.append(Window(row["filename"], (y1, x1, y2, x2), rows.line_num))
    if not windows:
        raise ConfigError(f"{path}: names no window")
    return windows


def _check_context(pad: int, size: tuple[int, int]) -> None:
    height, width = size
    if pad and not (height == width > 2 * pad > 0):
        raise ConfigError(
            f"-context_pad: {pad} pixels on every side need a square input that is larger; the "
            f"net takes {height} x {width}"
        )


def _crops(windows: list[Window], prepare: ImageInput, pad: int) -> Iterator[np.ndarray]:
    for filename, group in groupby(windows, key=lambda window: window.filename):
        image = prepare.load(filename)
        for window in group:
            try:
                crop = window_with_context(image, window.corners, pad, prepare.empty_image)
            except ConfigError as problem:
                raise ConfigError(f"line {window.line}: {filename}: {problem}") from None
            yield prepare.prepare(crop)


def _write(path: Path, kind: str, windows: list[Window], scores: np.ndarray) -> None:
    if kind == "h5":

        def fill(file) -> None:
            file.create_dataset("filename", data=[w.filename.encode() for w in windows])
            file.create_dataset("window", data=np.array([w.corners for w in windows]))
            file.create_dataset("prediction", data=scores)

        write_hdf5(path, fill)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["filename", *_CORNERS, *(f"class{k}" for k in range(scores.shape[1]))])
    writer.writerows(
        [w.filename, *w.corners, *row.tolist()] for w, row in zip(windows, scores, strict=True)
    )
    write_file(path, [text.getvalue().encode()])
