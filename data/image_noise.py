"""Noise on images, as noise_param asks for it.

Source: ApplyNoise of SSD's Caffe.
"""

from typing import Any

import cv2
import numpy as np

from ..proto import ConfigError
from .image import decode_image

_FIELD = "transform_param.noise_param"


def add_noise(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    """The image (H, W, C), uint8, with noise: in turn decolorize, gauss_blur, hist_eq, clahe,
    jpeg, erode, posterize, inverse, saltpepper, convert_to_hsv and convert_to_lab, where set.

    With prob set, only so often.
    """
    if image.dtype != np.uint8:
        raise ConfigError(f"{_FIELD}: needs images of 8 bits a channel, got type {image.dtype}")
    if param.HasField("prob") and rng.random() >= param.prob:
        return image
    channels = image.shape[2]
    wants_color = ("decolorize", "convert_to_hsv", "convert_to_lab")
    for field in wants_color if channels != 3 else ():
        if getattr(param, field):
            raise ConfigError(f"{_FIELD}.{field}: needs images of 3 channels, got {channels}")
    image = _blurred(image, param)
    if param.jpeg > 0:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(param.jpeg)])
        image = decode_image(data.tobytes(), channels == 3)
    if param.erode:
        image = cv2.erode(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    if param.posterize:
        # To the middle of 4 levels.
        image = image // 64 * 64 + 32
    if param.inverse:
        image = 255 - image
    image = image.reshape(*image.shape[:2], channels)
    if param.saltpepper:
        image = _salted(image, param.saltpepper_param, rng)
    if param.convert_to_hsv:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    if param.convert_to_lab:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2Lab)
    return image


def _blurred(image: np.ndarray, param: Any) -> np.ndarray:
    if param.decolorize:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if param.gauss_blur:
        image = cv2.GaussianBlur(image, (7, 7), 1.5)
    if param.hist_eq:
        image = _of_brightness(image, cv2.equalizeHist)
    if param.clahe:
        image = _of_brightness(image, cv2.createCLAHE(clipLimit=4).apply)
    return image


def _of_brightness(image: np.ndarray, change: Any) -> np.ndarray:
    """The image with its brightness alone changed."""
    if image.ndim == 2 or image.shape[2] == 1:
        return change(image)
    parts = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    parts[..., 0] = change(np.ascontiguousarray(parts[..., 0]))
    return cv2.cvtColor(parts, cv2.COLOR_YCrCb2BGR)


def _salted(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    """The image with a fraction of its pixels, drawn with repetition, set to value."""
    height, width, channels = image.shape
    values = list(param.value) or [0.0]
    if len(values) not in (1, channels):
        raise ConfigError(
            f"{_FIELD}.saltpepper_param.value: {len(values)} values for {channels} channels; "
            "give 1, or as many as channels"
        )
    count = int(param.fraction * height * width)
    image = image.copy()
    image[rng.integers(height, size=count), rng.integers(width, size=count)] = values
    return image
