"""Transformer: what transform_param does to an image on its way into a batch."""

from functools import cache
from typing import Any

import numpy as np

from ..core.rng import stream
from ..proto import ConfigError
from ..proto.caffe_pb2 import TRAIN
from .transform_mean import check_transform, transform_mean

Size3 = tuple[int, int, int]  # channels, height, width
Chance = np.ndarray  # three random numbers in [0, 1): for top, left, mirror


class Transformer:
    """y = (x - mean) * scale over a crop of image x, mirrored left to right or not.

    x   the image, (..., C, H, W), uint8 or float
    y   (..., C, crop_size, crop_size), or the size of x if crop_size is 0

    The crop is at random in phase TRAIN and in the centre in TEST; mirror turns about every
    second image round, in both. The mean is an image (mean_file), cropped as x is, or a number
    per channel (mean_value); it belongs to the image before mirroring.

    Prototxt: transform_param { scale: 1, mirror: false, crop_size: 0, mean_file, mean_value,
    force_color: false, force_gray: false }
    Source: Caffe's data_transformer.cpp.
    """

    def __init__(self, param: Any, phase: int, dtype: Any):
        check_transform(param)
        self.mirror: bool = param.mirror
        self.crop: int = param.crop_size
        self.color = True if param.force_color else False if param.force_gray else None
        self._crops_at_random = phase == TRAIN and self.crop > 0
        self._scale = np.dtype(dtype).type(param.scale)
        self._mean_file: str = param.mean_file
        self._mean = transform_mean(param, dtype)
        self.output_size = cache(self._output_size)

    @property
    def is_random(self) -> bool:
        """Whether two passes over an image may differ."""
        return self.mirror or self._crops_at_random

    def chances(self, seed: int, batch: int, count: int) -> np.ndarray | None:
        """The random numbers of a batch: a Chance for each item, None if nothing is random."""
        return stream(seed, "batch", batch).random((count, 3)) if self.is_random else None

    def _output_size(self, size: Size3) -> Size3:
        """Size of y for an x of this size; ConfigError if the two do not go together."""
        c, h, w = size
        if not (c and h and w):
            raise ConfigError(f"the image has size {c} x {h} x {w} (channels, height, width)")
        if self._mean_file and self._mean is not None and self._mean.shape != size:
            raise ConfigError(
                f"transform_param.mean_file: {self._mean_file} has size {_by(self._mean.shape)}, "
                f"but the image {_by(size)} (channels, height, width)"
            )
        if self._mean is not None and self._mean.shape[0] not in (1, c):
            raise ConfigError(
                f"transform_param.mean_value: {self._mean.shape[0]} values for {c} channels; "
                "give 1, or as many as channels"
            )
        if self.crop > min(h, w):
            raise ConfigError(
                f"transform_param.crop_size: {self.crop} does not fit into the image of height "
                f"{h} and width {w}"
            )
        return (c, self.crop, self.crop) if self.crop else size

    def into_batch(
        self,
        image: np.ndarray,
        arrays: list[np.ndarray],
        index: int | slice,
        chance: Chance | None = None,
    ) -> None:
        """Transform an image, or as many of one size as index selects, into arrays[0][index].

        A batch of one takes the size of its image: arrays[0] may be replaced.
        """
        size = self.output_size(image.shape[-3:])
        batch = arrays[0]
        if batch.shape[1:] != size:
            if len(batch) > 1:
                raise ConfigError(
                    f"it becomes {_by(size)} (channels, height, width), but the batch is of size "
                    f"{_by(batch.shape[1:])}: images of several sizes need "
                    "transform_param.crop_size, or batch_size: 1"
                )
            batch = arrays[0] = np.empty((1, *size), batch.dtype)
        self(image, batch[index], chance)

    def __call__(self, x: np.ndarray, y: np.ndarray, chance: Chance | None = None) -> None:
        """Write y, whose size must be what output_size says; chance is needed if is_random."""
        h, w = x.shape[-2:]
        out_h, out_w = y.shape[-2:]
        if self._crops_at_random and chance is not None:
            top, left = int(chance[0] * (h - out_h + 1)), int(chance[1] * (w - out_w + 1))
        else:
            top, left = (h - out_h) // 2, (w - out_w) // 2
        if self.mirror and chance is not None and chance[2] < 0.5:
            y = y[..., ::-1]
        window = (..., slice(top, top + out_h), slice(left, left + out_w))
        if self._mean is None:
            np.multiply(x[window], self._scale, out=y)
            return
        mean = self._mean[window] if self._mean_file else self._mean
        np.subtract(x[window], mean, out=y)
        if self._scale != 1:
            y *= self._scale


def _by(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))
