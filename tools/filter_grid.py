"""Filters of a convolution as a picture: a grid of tiles, one for each."""

import math
import os

import cv2
import numpy as np

from ..proto import ConfigError, write_file

_SMALLEST_TILE = 48  # pixels
_LINE = 2  # pixels between tiles
_EXTREMES = 0.5  # percent of the numbers at either end that may be clipped


def write_filters(path: str | os.PathLike, filters: np.ndarray) -> None:
    """Draw filters (N, C, H, W) into a PNG; with 3 channels they are colours, B, G and R."""
    if not str(path).lower().endswith(".png"):
        raise ConfigError(f"{path}: filters are written as .png")
    write_file(path, [cv2.imencode(".png", filter_grid(filters))[1].tobytes()])


def filter_grid(filters: np.ndarray) -> np.ndarray:
    """The picture, (height, width) or (height, width, 3) uint8.

    Filters of 3 channels are one coloured tile each; of others every channel is a grey tile, the
    channels of a filter in one row, unless there is only one. Black is the least number of all
    filters and white the largest, extremes left out.
    """
    count, channels = filters.shape[:2]
    finite = filters[np.isfinite(filters)]
    low, high = np.percentile(finite, [_EXTREMES, 100 - _EXTREMES]) if finite.size else (0, 0)
    scaled = (filters.astype(np.float64) - low) / max(high - low, 1e-30)
    levels = (255 * np.nan_to_num(scaled).clip(0, 1) + 0.5).astype(np.uint8)
    if channels == 3:
        tiles, columns = levels.transpose(0, 2, 3, 1), math.ceil(math.sqrt(count))
    else:
        tiles = levels.reshape(-1, *filters.shape[2:], 1)
        columns = channels if channels > 1 else math.ceil(math.sqrt(count))
    factor = math.ceil(_SMALLEST_TILE / max(tiles.shape[1:3])) if channels in (1, 3) else 1
    tiles = tiles.repeat(factor, 1).repeat(factor, 2)
    return _grid(tiles, columns)


def _grid(tiles: np.ndarray, columns: int) -> np.ndarray:
    count, height, width, colors = tiles.shape
    rows = math.ceil(count / columns)
    step_y, step_x = height + _LINE, width + _LINE
    picture = np.full((rows * step_y + _LINE, columns * step_x + _LINE, colors), 255, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // columns * step_y + _LINE, i % columns * step_x + _LINE
        picture[y : y + height, x : x + width] = tile
    return picture.squeeze(-1) if colors == 1 else picture
