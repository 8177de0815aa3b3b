"""Anchors: boxes of several sizes and shapes at every place of a feature map."""

from collections.abc import Sequence

import numpy as np

from ...core import Array


def base_anchors(base_size: int, ratios: Sequence[float], scales: Sequence[float]) -> Array:
    """The anchors of the first place, (A, 4), by ratio, then by scale.

    A ratio is height / width: the square of base_size pixels becomes a rectangle of about the same
    area, its sides rounded, which every scale enlarges around the square's centre.
    """
    ratio = np.repeat(np.asarray(ratios, float), len(scales))
    scale = np.tile(np.asarray(scales, float), len(ratios))
    width = np.floor(np.sqrt(base_size**2 / ratio) + 0.5)
    height = np.floor(width * ratio + 0.5)
    half = np.stack([width * scale - 1, height * scale - 1], axis=1) / 2
    centre = (base_size - 1) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def anchors_everywhere(anchors: Array, height: int, width: int, stride: float) -> Array:
    """Anchors of all places, (height * width * A, 4), by row, column, anchor.

    stride: pixels of the image from one place to the next
    """
    y, x = np.mgrid[:height, :width] * stride
    shifts = np.stack([x, y, x, y], axis=2)[:, :, None]
    return (shifts + anchors).reshape(-1, 4)
