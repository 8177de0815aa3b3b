"""Image files as the records Caffe trains on."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from ..data.image import read_image
from ..proto import ConfigError
from ..proto.caffe_pb2 import Datum
from ..proto.input_file import read_file


class Image(NamedTuple):
    """A record, and the shape of the picture in it: (height, width, channels)."""

    datum: Datum
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ImageStorage:
    """How to store an image.

    is_color    three channels (blue, green, red), or one
    height      pixels; resized only if both height and width are given, 0 keeps the size
    width       pixels
    encoding    "" for bare pixels, else a file name extension such as "png"

    A file that has the encoding already is stored as it is unless a size is given: in colour
    even where is_color is False, as Caffe does.
    """

    is_color: bool = True
    height: int = 0
    width: int = 0
    encoding: str = ""

    def read(self, path: str, label: int) -> Image | None:
        """The record of one image, or None if there is no image at `path`."""
        size = (self.height, self.width)
        try:
            pixels = read_image(path, self.is_color, size if min(size) > 0 else None)
        except ConfigError:
            return None
        if not self.encoding:
            return Image(_bare_datum(pixels, label), pixels.shape)
        if max(size) > 0 or not _has_encoding(path, self.encoding):
            file = _encode(pixels, self.encoding, path)
        else:
            file = read_file(path)
        return Image(Datum(data=file, label=label, encoded=True), pixels.shape)


def _has_encoding(path: str, encoding: str) -> bool:
    extension = path.rpartition(".")[2].lower()
    return extension == encoding or (extension, encoding) == ("jpeg", "jpg")


def _bare_datum(pixels: np.ndarray, label: int) -> Datum:
    height, width, channels = pixels.shape
    planes = pixels.transpose(2, 0, 1).tobytes()
    # encoded is set to its default, as Caffe does: the bytes are the same.
    return Datum(
        channels=channels, height=height, width=width, data=planes, label=label, encoded=False
    )


def _encode(pixels: np.ndarray, encoding: str, path: str) -> bytes:
    try:
        return cv2.imencode(f".{encoding}", pixels)[1].tobytes()
    except cv2.error:
        raise ConfigError(
            f"'{path}' cannot be encoded as {encoding!r}; -encode_type takes png, jpg and "
            "whatever else this OpenCV writes"
        ) from None
