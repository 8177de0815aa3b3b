"""Images scaled to a size of their short side, as detectors of the Fast R-CNN kind take them."""

import cv2
import numpy as np

from .image import read_image


def read_scaled(
    path: str, means: tuple[float, ...], short_side: float, most: float, flipped: bool
) -> tuple[np.ndarray, float]:
    """An image less the means of B, G, R, (3, H, W) float32, and what it was scaled by.

    Its short side becomes short_side pixels long, unless the long one would exceed `most`.
    """
    image = read_image(path, color=True).astype(np.float32) - np.asarray(means, np.float32)
    if flipped:
        image = image[:, ::-1]
    sides = sorted(image.shape[:2])
    scale = short_side / sides[0]
    if round(scale * sides[1]) > most:
        scale = most / sides[1]
    resized = cv2.resize(np.ascontiguousarray(image), None, fx=scale, fy=scale)
    return resized.reshape(*resized.shape[:2], 3).transpose(2, 0, 1), scale
