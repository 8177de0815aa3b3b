"""The mean that transform_param names: an image in a file, or a number per channel."""

from typing import Any

import numpy as np

from ..proto import ConfigError, read_mean
from .naming import naming

_FIELDS = (
    "scale",
    "mirror",
    "crop_size",
    "mean_file",
    "mean_value",
    "force_color",
    "force_gray",
)


def check_transform(param: Any) -> None:
    """Raise ConfigError if fields of a transform_param contradict each other or are unknown."""
    for field, _ in param.ListFields():
        if field.name not in _FIELDS:
            raise ConfigError(
                f"transform_param.{field.name}: is not supported here; "
                f"the fields are {', '.join(_FIELDS)}"
            )
    if param.force_color and param.force_gray:
        raise ConfigError("transform_param: set force_color or force_gray, not both")
    if param.mean_file and param.mean_value:
        raise ConfigError("transform_param: set mean_file or mean_value, not both")


def transform_mean(param: Any, dtype: Any) -> np.ndarray | None:
    """The mean image, (C, H, W), or the mean values, (C, 1, 1); None if there is no mean."""
    if param.mean_value:
        return np.array(param.mean_value, dtype).reshape(-1, 1, 1)
    if not param.mean_file:
        return None
    with naming("transform_param.mean_file"):
        mean = read_mean(param.mean_file)
        shape = (1, 1, 1, *mean.shape)[-4:]
        if shape[0] != 1:
            raise ConfigError(
                f"{param.mean_file} holds {shape[0]} images; "
                "it must be one, (1, channels, height, width)"
            )
    return mean.reshape(shape[1:]).astype(dtype)
