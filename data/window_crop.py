"""Cutting windows out of images, with context around them, as R-CNN did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..proto import ConfigError
from .window_file import Window


@dataclass(frozen=True)
class Placement:
    """Where a window is cut from an image, and where it goes in the (size, size) crop.

    The box is in pixels of the image, both corners inside; rows and columns before (top, left)
    and after the pasted (height, width) stay empty, because the window reaches out of the image.
    """

    x1: int
    y1: int
    x2: int
    y2: int
    top: int
    left: int
    height: int
    width: int


def place_window(
    window: Window, image_size: tuple[int, int], size: int, context: int, square: bool, mirror: bool
) -> Placement:
    """Where a window goes in a crop of `size` pixels, `context` of which are around the window.

    square takes the smallest square around the window instead of warping it to one. Source:
    Caffe's window_data_layer.cpp, rounding included.
    """
    if not context and not square:
        return Placement(window.x1, window.y1, window.x2, window.y2, 0, 0, size, size)
    scale = size / (size - 2 * context)
    half_h, half_w = (window.y2 - window.y1 + 1) / 2, (window.x2 - window.x1 + 1) / 2
    centre_y, centre_x = window.y1 + half_h, window.x1 + half_w
    if square:
        half_h = half_w = max(half_h, half_w)
    rows = _place_axis(centre_y, half_h * scale, image_size[0], size, False)
    columns = _place_axis(centre_x, half_w * scale, image_size[1], size, mirror)
    (y1, y2, top, height), (x1, x2, left, width) = rows, columns
    return Placement(x1, y1, x2, y2, top, left, height, width)


def cut_window(image: np.ndarray, place: Placement, mirror: bool) -> np.ndarray:
    """The pixels of a placed window, (height, width, C), mirrored left to right or not."""
    h, w = image.shape[:2]
    if not (0 <= place.x1 <= place.x2 < w and 0 <= place.y1 <= place.y2 < h):
        raise ConfigError(
            f"the window ({place.x1}, {place.y1}) to ({place.x2}, {place.y2}) does not lie in the "
            f"image of height {h} and width {w}"
        )
    box = image[place.y1 : place.y2 + 1, place.x1 : place.x2 + 1]
    # OpenCV has no images without pixels.
    if not (place.height > 0 and place.width > 0):
        return np.empty((0, 0, image.shape[2]), np.uint8)
    warped = cv2.resize(box, (place.width, place.height), interpolation=cv2.INTER_LINEAR)
    return warped[:, ::-1] if mirror else warped


def window_with_context(
    image: np.ndarray, corners: Sequence[int], context: int, empty: np.ndarray
) -> np.ndarray:
    """A window of an image and what is around it, as large as `empty`, (size, size, C).

    corners    top, left, bottom, right in pixels, the last two outside
    context    how many of the `size` pixels on each side show what is around; with 0 the window is
               cut out as it is, whatever its size
    empty      what to show where the surroundings reach out of the image
    """
    y1, x1, y2, x2 = corners
    height, width = image.shape[:2]
    if not (0 <= y1 < y2 <= height and 0 <= x1 < x2 <= width):
        raise ConfigError(
            f"the window ({y1}, {x1}) to ({y2}, {x2}) does not lie in the image of height {height} "
            f"and width {width}"
        )
    if not context:
        return image[y1:y2, x1:x2]
    window = Window("", 0, 0.0, x1, y1, x2 - 1, y2 - 1)
    place = place_window(window, (height, width), len(empty), context, square=False, mirror=False)
    part = cut_window(image, place, mirror=False)
    result = empty.copy()
    rows = slice(place.top, place.top + part.shape[0])
    columns = slice(place.left, place.left + part.shape[1])
    result[rows, columns] = part.reshape(*part.shape[:2], -1)
    return result


def _place_axis(
    centre: float, half: float, image_size: int, size: int, mirror: bool
) -> tuple[int, int, int, int]:
    """First and last pixel of the image, and start and length in the crop, along one axis."""
    first, last = _round(centre - half), _round(centre + half)
    scale = size / (last - first + 1)
    before, after = max(0, -first), max(0, last - image_size + 1)
    first, last = first + before, last - after
    length = _round((last - first + 1) * scale)
    # A mirrored window has what lay behind it in front.
    start = _round((after if mirror else before) * scale)
    return first, last, start, min(length, size - start)


def _round(value: float) -> int:
    """Round halves away from zero, as C does."""
    return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)
