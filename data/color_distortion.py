"""Color distortion: brightness, contrast, saturation, hue and the order of channels, at random.

Source: Howard, "Some Improvements on Deep Convolutional Neural Network Based Image
Classification", 2013; ApplyDistort of SSD's Caffe.
"""

from typing import Any

import cv2
import numpy as np

from ..proto import ConfigError

_LEVELS = np.arange(256, dtype=np.float32)


def check_distortion(param: Any) -> None:
    """Raise ConfigError if a DistortionParameter has ranges that are none."""
    field = "transform_param.distort_param"
    for name in ("brightness_delta", "hue_delta"):
        if getattr(param, name) < 0:
            raise ConfigError(f"{field}.{name}: {getattr(param, name):g} must be 0 or more")
    for name in ("contrast", "saturation"):
        low, high = getattr(param, f"{name}_lower"), getattr(param, f"{name}_upper")
        if not 0 <= low <= high:
            raise ConfigError(
                f"{field}: needs 0 <= {name}_lower <= {name}_upper, got {low:g} and {high:g}"
            )


def distort(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    """The image (H, W, 3), uint8 in the order B, G, R, with its colors distorted.

    Each step happens with its own probability; contrast comes second or last.
    """
    if image.dtype != np.uint8 or image.shape[2] != 3:
        raise ConfigError(
            "transform_param.distort_param: needs images of 3 channels of 8 bits, got "
            f"{image.shape[2]} of type {image.dtype}"
        )
    contrast_first = rng.random() > 0.5
    image = _brightness(image, param, rng)
    if contrast_first:
        image = _contrast(image, param, rng)
    image = _saturation(image, param, rng)
    image = _hue(image, param, rng)
    if not contrast_first:
        image = _contrast(image, param, rng)
    if rng.random() < param.random_order_prob:
        image = np.ascontiguousarray(image[..., rng.permutation(3)])
    return image


def _brightness(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    if rng.random() >= param.brightness_prob:
        return image
    return cv2.LUT(image, _table(1, rng.uniform(-1, 1) * param.brightness_delta))


def _contrast(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    if rng.random() >= param.contrast_prob:
        return image
    return cv2.LUT(image, _table(rng.uniform(param.contrast_lower, param.contrast_upper), 0))


def _saturation(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    if rng.random() >= param.saturation_prob:
        return image
    factor = rng.uniform(param.saturation_lower, param.saturation_upper)
    return _in_hsv(image, 1, _table(factor, 0))


def _hue(image: np.ndarray, param: Any, rng: np.random.Generator) -> np.ndarray:
    if rng.random() >= param.hue_prob:
        return image
    return _in_hsv(image, 0, _table(1, rng.uniform(-1, 1) * param.hue_delta))


def _in_hsv(image: np.ndarray, channel: int, table: np.ndarray) -> np.ndarray:
    """The image with one channel of hue, saturation and value looked up in a table."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[..., channel] = cv2.LUT(hsv[..., channel], table)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def _table(factor: float, summand: float) -> np.ndarray:
    """What every level becomes, rounded and cut to 0 to 255."""
    return np.rint(_LEVELS * factor + summand).clip(0, 255).astype(np.uint8)
