"""Images: encoded bytes to arrays, as OpenCV reads them (channels B, G, R)."""

import os

import cv2
import numpy as np

from ..proto import ConfigError
from ..proto.input_file import read_file


def read_image(
    path: str | os.PathLike, color: bool, size: tuple[int, int] | None = None
) -> np.ndarray:
    """The image in a file, (H, W, C) uint8, resized bilinearly to size (height, width) if given.

    Raises ConfigError, naming the file, if it is missing or does not decode.
    """
    data = read_file(path)
    try:
        image = decode_image(data, color)
    except ConfigError as problem:
        raise ConfigError(f"{path}: {problem}") from None
    if size and image.shape[:2] != size:
        image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    return image.reshape(*image.shape[:2], -1)


def decode_image(data: bytes | memoryview, color: bool | None = None) -> np.ndarray:
    """The image in bytes of a JPEG, PNG, ...: (H, W, C) uint8, C in the order B, G, R (, A).

    color says whether to give 3 channels or 1; None leaves it to the image.
    """
    flag = {True: cv2.IMREAD_COLOR, False: cv2.IMREAD_GRAYSCALE, None: cv2.IMREAD_UNCHANGED}[color]
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flag) if data else None
    except cv2.error as problem:
        raise ConfigError(f"its {len(data):,} bytes do not decode: {problem.err}") from None
    if image is None:
        raise ConfigError(
            f"its {len(data):,} bytes are no image that OpenCV can decode; "
            "it is truncated, damaged or of an unknown format"
        )
    if image.dtype != np.uint8:
        raise ConfigError(
            f"it has {8 * image.dtype.itemsize} bits per channel; only 8 are allowed: convert it, "
            "or set transform_param.force_color or force_gray"
        )
    return image.reshape(*image.shape[:2], -1)
