"""Resizing images and the boxes on them, as resize_param asks for it.

Source: ApplyResize and UpdateBBoxByResizePolicy of SSD's Caffe.
"""

from typing import Any

import cv2
import numpy as np

from ..core.boxes import UNIT
from ..proto import ConfigError
from ..proto.caffe_pb2 import ResizeParameter

_INTERPOLATIONS = {
    ResizeParameter.LINEAR: cv2.INTER_LINEAR,
    ResizeParameter.AREA: cv2.INTER_AREA,
    ResizeParameter.NEAREST: cv2.INTER_NEAREST,
    ResizeParameter.CUBIC: cv2.INTER_CUBIC,
    ResizeParameter.LANCZOS4: cv2.INTER_LANCZOS4,
}
_BORDERS = {
    ResizeParameter.CONSTANT: cv2.BORDER_CONSTANT,
    ResizeParameter.MIRRORED: cv2.BORDER_REFLECT_101,
    ResizeParameter.REPEAT_NEAREST: cv2.BORDER_REPLICATE,
}


def check_resize(param: Any) -> None:
    """Raise ConfigError if a ResizeParameter says no size."""
    if not (param.height and param.width):
        raise ConfigError(
            f"transform_param.resize_param: needs height and width, got {param.height} and "
            f"{param.width}"
        )


def resize(image: np.ndarray, param: Any, rng: np.random.Generator | None = None) -> np.ndarray:
    """The image (H, W, C) in another size.

    WARP                     to (height, width)
    FIT_LARGE_SIZE_AND_PAD   as large as fits, with a border around it, to (height, width)
    FIT_SMALL_SIZE           as small as covers (height, width), which one side then has

    Of several interp_mode rng picks one.
    """
    size = resized_size(image.shape[:2], param)
    modes = [_INTERPOLATIONS[mode] for mode in param.interp_mode] or [cv2.INTER_LINEAR]
    mode = modes[int(rng.integers(len(modes))) if rng and len(modes) > 1 else 0]
    pads = param.resize_mode == ResizeParameter.FIT_LARGE_SIZE_AND_PAD
    inner = _fitting(image.shape[:2], size) if pads else size
    channels = image.shape[2]
    if image.shape[:2] != inner:
        image = cv2.resize(image, inner[::-1], interpolation=mode)
    image = image.reshape(*inner, channels)
    return _padded(image, size, param) if inner != size else image


def resized_size(size: tuple[int, ...], param: Any) -> tuple[int, int]:
    """(height, width) that resize makes of an image of this size."""
    height, width = param.height, param.width
    if param.resize_mode != ResizeParameter.FIT_SMALL_SIZE:
        return height, width
    aspect = np.float32(size[1] / size[0])
    if aspect < np.float32(width / height):
        return int(np.float32(width) / aspect), width
    return height, int(aspect * np.float32(height))


def resized_boxes(boxes: np.ndarray, size: tuple[int, ...], param: Any) -> np.ndarray:
    """Where boxes (n, 4), fractions of an image of this size, lie in what resize makes of it."""
    boxes = boxes.clip(0, 1)
    if param.resize_mode != ResizeParameter.FIT_LARGE_SIZE_AND_PAD:
        return boxes
    # Without the rounding to pixels, which DetectionOutput does not know of either.
    aspect, wanted = size[1] / size[0], param.width / param.height
    covered = np.array([1, wanted / aspect] if aspect > wanted else [aspect / wanted, 1])
    return ((1 - np.tile(covered, 2)) / 2 + boxes * np.tile(covered, 2)).astype(boxes.dtype)


def extrapolated_boxes(
    boxes: np.ndarray, size: tuple[int, ...], param: Any, window: np.ndarray = UNIT
) -> np.ndarray:
    """Boxes as fractions of height_scale and width_scale, where FIT_SMALL_SIZE has them.

    boxes (n, 4) are fractions of a window (4) of what resize makes of an image of this size.
    """
    scales = (param.width_scale, param.height_scale)
    if param.resize_mode != ResizeParameter.FIT_SMALL_SIZE or not all(scales):
        return boxes
    aspect, height, width = size[1] / size[0], float(param.height), float(param.width)
    if aspect < width / height:
        height = width / aspect
    else:
        width = height * aspect
    sides = np.array([width, height]) * (window[2:] - window[:2])
    return (boxes * np.tile(sides / scales, 2)).astype(boxes.dtype)


def _fitting(size: tuple[int, ...], room: tuple[int, int]) -> tuple[int, int]:
    """The largest (height, width) of the same shape that fits into a room."""
    aspect = np.float32(size[1] / size[0])
    if aspect > np.float32(room[1] / room[0]):
        return max(int(np.float32(room[1]) / aspect), 1), room[1]
    return room[0], max(int(aspect * np.float32(room[0])), 1)


def _padded(image: np.ndarray, size: tuple[int, int], param: Any) -> np.ndarray:
    height, width, channels = image.shape
    values = list(param.pad_value) or [0.0]
    if len(values) not in (1, channels):
        raise ConfigError(
            f"transform_param.resize_param.pad_value: {len(values)} values for {channels} "
            "channels; give 1, or as many as channels"
        )
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    sides = (top, size[0] - height - top, left, size[1] - width - left)
    values = (values * channels)[:channels]
    result = cv2.copyMakeBorder(image, *sides, _BORDERS[param.pad_mode], value=values)
    return result.reshape(*size, channels)
