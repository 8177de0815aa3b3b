"""Images as Caffe's Python tools have them: (H, W, K) float32, in the order R, G, B, in [0, 1]."""

import os
from collections.abc import Sequence

import cv2
import numpy as np

from .image import decode_image, read_image

_GREY = np.array([0.2125, 0.7154, 0.0721], np.float32)  # of R, G, B: scikit-image's weights
_MOST_CHANNELS = 4  # that OpenCV resizes at once, whatever the interpolation
_METHODS = {0: cv2.INTER_NEAREST_EXACT, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}


def read_rgb(path: str | os.PathLike, color: bool = True) -> np.ndarray:
    """The image in a file, (H, W, 3), or (H, W, 1) without color.

    Grey images become three equal channels; transparency is left out.
    """
    return _rgb(read_image(path, color=True), color)


def decode_rgb(data: bytes, color: bool = True) -> np.ndarray:
    """The image in the bytes of a file, as read_rgb gives it."""
    return _rgb(decode_image(data, color=True), color)


def resize_image(image: np.ndarray, size: Sequence[int], order: int = 1) -> np.ndarray:
    """The image (H, W, K) at another size, (height, width).

    order is 0 for the nearest pixel, 1 for linear, 3 for cubic interpolation; pixels are squares,
    whose centres are what is interpolated between.
    """
    if order not in _METHODS:
        raise ValueError(f"interp_order is {order}; 0, 1 and 3 are known")
    image = np.asarray(image, np.float32)
    if image.ndim != 3 or not image.size:
        raise ValueError(f"an image is (height, width, channels); got shape {image.shape}")
    height, width = map(int, size)
    resized = np.empty((height, width, image.shape[2]), np.float32)
    for first in range(0, image.shape[2], _MOST_CHANNELS):
        some = slice(first, first + _MOST_CHANNELS)
        part = np.ascontiguousarray(image[..., some])
        part = cv2.resize(part, (width, height), interpolation=_METHODS[order])
        resized[..., some] = part.reshape(height, width, -1)
    return resized


def center_crop(image: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """The middle of an image."""
    top, left = (image.shape[0] - size[0]) // 2, (image.shape[1] - size[1]) // 2
    return image[top : top + size[0], left : left + size[1]]


def ten_crops(image: np.ndarray, size: Sequence[int]) -> list[np.ndarray]:
    """Corners (top left, top right, bottom left, bottom right) and middle, and the same mirrored.

    They are views of the image.
    """
    bottom, right = image.shape[0] - size[0], image.shape[1] - size[1]
    corners = [(y, x) for y in (0, bottom) for x in (0, right)]
    crops = [image[y : y + size[0], x : x + size[1]] for y, x in corners]
    crops.append(center_crop(image, size))
    return crops + [crop[:, ::-1] for crop in crops]


def _rgb(image: np.ndarray, color: bool) -> np.ndarray:
    rgb = image[..., ::-1].astype(np.float32) / 255
    return rgb if color else (rgb @ _GREY)[..., None]
