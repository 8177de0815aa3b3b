"""The images that detections belong to: their names and sizes, and boxes in their pixels."""

from typing import Any, NamedTuple

import numpy as np

from ...core.boxes import UNIT, project
from ...data.text_file import read_lines
from ...proto import ConfigError
from ...proto.caffe_pb2 import ResizeParameter


class NamedSize(NamedTuple):
    """One image of a data set; height and width in pixels."""

    name: str
    height: int
    width: int


def read_name_sizes(path: str) -> list[NamedSize]:
    """The images in a name_size_file: a line `name height width` for each."""
    images = []
    for number, line in read_lines(path):
        name, *sizes = line.rsplit(maxsplit=2)
        if len(sizes) != 2 or not all(size.isdecimal() and int(size) for size in sizes):
            raise ConfigError(f"{path}:{number}: expected `name height width`, found {line!r}")
        images.append(NamedSize(name, int(sizes[0]), int(sizes[1])))
    if not images:
        raise ConfigError(f"{path}: names no images")
    return images


def to_pixels(boxes: np.ndarray, image: NamedSize, resize: Any = None) -> np.ndarray:
    """Boxes (n, 4), fractions of what a net saw, in pixels of the image, cut to its border.

    resize is the ResizeParameter that made what the net saw of the image, or None.
    """
    scale = np.tile(np.array([image.width, image.height], boxes.dtype), 2)
    if resize is None or resize.resize_mode == ResizeParameter.WARP:
        return boxes.clip(0, 1) * scale
    if resize.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
        if not (resize.height_scale and resize.width_scale):
            return boxes.clip(0, 1) * scale
        seen = np.tile(np.array([resize.width_scale, resize.height_scale], boxes.dtype), 2)
        return (boxes * seen).clip(0, scale)
    return project(boxes, _picture(image, resize).astype(boxes.dtype)).clip(0, 1) * scale


def _picture(image: NamedSize, resize: Any) -> np.ndarray:
    """Where in a padded picture the image lies, as a box (4)."""
    if not (resize.height and resize.width):
        raise ConfigError("resize_param: height and width must be above 0")
    shape, wanted = image.width / image.height, resize.width / resize.height
    # Half of what is padded, as a part of the side.
    padding = (1 - wanted / shape) / 2 if shape > wanted else (1 - shape / wanted) / 2
    side = slice(1, None, 2) if shape > wanted else slice(0, None, 2)
    picture = UNIT.astype(float)
    picture[side] += [padding, -padding]
    return picture
