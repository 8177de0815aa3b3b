"""Classify images: caffe classify IN OUT -model_def deploy.prototxt -pretrained_model W.

IN is an image, a folder of images (-ext jpg) or an .npy array (N, H, W, C). OUT gets the scores
(N, classes): as .npy, as .csv with the name of the file in front of each row, or as .h5 with the
datasets files and scores. Each image is resized to -images_dim; the scores are the mean over its
corners, its middle and their mirror images, or with -center_only of its middle alone.
"""

import csv
import io
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..data.rgb_image import center_crop, resize_image, ten_crops
from ..proto import ConfigError, write_file
from ..proto.hdf5 import write_hdf5
from . import image_input, predictions
from .flags import FlagParser
from .image_input import ImageInput, load_array


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("input", metavar="IN", type=Path, help="an image, a folder or an .npy")
    parser.add_argument("output", metavar="OUT", type=Path, help="to be written: .npy, .csv or .h5")
    predictions.add_flags(parser)
    parser.add_flag("center_only", False, "look at the middle of each image alone")
    parser.add_flag("images_dim", "256,256", "height,width that images are resized to")
    image_input.add_flags(parser)
    parser.add_flag("ext", "jpg", "which files of a folder are images")
    parser.set_defaults(minloglevel=1)


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("classify", sys.argv[1:], "classify")


def run(flags: Namespace) -> int:
    """Write the scores of every image."""
    kind = predictions.extension(flags.output) or "npy"
    if kind not in ("npy", "csv", "h5"):
        raise ConfigError(f"{flags.output}: scores are written as .npy, .csv or .h5")
    size = _size(flags.images_dim)
    files = _files(flags.input, flags.ext)
    net = predictions.open_net(flags)
    try:
        name = net.inputs[0]
        prepare = ImageInput(flags, net.blobs[name].shape, name)
        if min(a - b for a, b in zip(size, prepare.size, strict=True)) < 0:
            raise ConfigError(
                f"-images_dim: {flags.images_dim} is smaller than the net's input, "
                f"{prepare.size[0]},{prepare.size[1]}"
            )
        images = _Images(files, prepare)
        print(f"Classifying {len(images)} inputs.")
        start = time.perf_counter()
        crops = 1 if flags.center_only else 10
        scores = np.stack(list(predictions.predict(net, _crops(images, prepare, size, crops))))
        print(f"Done in {time.perf_counter() - start:.2f} s.")
    finally:
        net.close()
    scores = scores.reshape(-1, crops, *scores.shape[1:]).mean(axis=1)
    print(f"Saving results into {flags.output}")
    _write(flags.output, kind, images.names, scores)
    return 0


class _Images:
    """The images to be classified, loaded one by one: their names are known beforehand."""

    def __init__(self, files: list[Path], prepare: ImageInput):
        self._prepare = prepare
        self._array = load_array(files[0]) if files[0].suffix.lower() == ".npy" else None
        if self._array is None:
            self.names = [str(path) for path in files]
        else:
            if self._array.ndim < 3 or not len(self._array):
                raise ConfigError(f"{files[0]}: holds no images (N, H, W, C)")
            self.names = [f"{files[0]}[{i}]" for i in range(len(self._array))]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[np.ndarray]:
        for i, name in enumerate(self.names):
            if self._array is None:
                yield self._prepare.load(name)
            else:
                yield self._prepare.check(self._array[i], name)


def _files(path: Path, extension: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob(f"*.{extension}"))
    if not files:
        raise ConfigError(f"{path}: has no file *.{extension}; -ext tells another ending")
    return files


def _crops(
    images: _Images, prepare: ImageInput, size: tuple[int, int], count: int
) -> Iterator[np.ndarray]:
    for image in images:
        resized = resize_image(image, size)
        crops = (
            [center_crop(resized, prepare.size)] if count == 1 else ten_crops(resized, prepare.size)
        )
        yield from map(prepare.prepare, crops)


def _write(path: Path, kind: str, names: list[str], scores: np.ndarray) -> None:
    if kind == "h5":

        def fill(file) -> None:
            file.create_dataset("files", data=[name.encode() for name in names])
            file.create_dataset("scores", data=scores)

        write_hdf5(path, fill)
        return
    if kind == "csv":
        text = io.StringIO()
        flat = scores.reshape(len(scores), -1)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["filename", *(f"class{k}" for k in range(flat.shape[1]))])
        writer.writerows([name, *row.tolist()] for name, row in zip(names, flat, strict=True))
        write_file(path, [text.getvalue().encode()])
        return
    data = io.BytesIO()
    np.save(data, scores)
    write_file(path if path.suffix else path.with_name(path.name + ".npy"), [data.getbuffer()])


def _size(text: str) -> tuple[int, int]:
    try:
        height, width = (int(word) for word in text.split(","))
    except ValueError:
        raise ConfigError(f"-images_dim: {text!r} is no height,width") from None
    return height, width
