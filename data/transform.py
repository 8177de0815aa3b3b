"""Transformer: what transform_param does to an image on its way into a batch."""

from functools import cache
from typing import Any

import numpy as np

from ..core.rng import stream
from ..kernels import cpu
from ..proto import ConfigError
from ..proto.caffe_pb2 import TRAIN
from .transform_mean import check_transform, transform_mean

Size3 = tuple[int, int, int]  # channels, height, width
Chances = np.ndarray  # (n, 3): random numbers in [0, 1) for top, left, mirror

_NO_CHANCES = np.empty((0, 3))


class Transformer:
    """y = (x - mean) * scale over a crop of image x, mirrored left to right or not.

    x   images, (n, C, H, W), uint8 or float
    y   (n, C, crop_size, crop_size), or the size of x if crop_size is 0

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
        self.crops_at_random = phase == TRAIN and self.crop > 0
        self.scale = np.dtype(dtype).type(param.scale)
        self._mean_file: str = param.mean_file
        self.mean = transform_mean(param, dtype)
        self._zero = np.zeros((1, 1, 1), dtype)
        self._kernel: Any = None
        self.output_size = cache(self._output_size)

    @property
    def is_random(self) -> bool:
        """Whether two passes over an image may differ."""
        return self.mirror or self.crops_at_random

    def chances(self, seed: int, batch: int, count: int) -> np.ndarray | None:
        """The random numbers of a batch: three for each item, None if nothing is random."""
        return stream(seed, "batch", batch).random((count, 3)) if self.is_random else None

    def _output_size(self, size: Size3) -> Size3:
        """Size of y for an x of this size; ConfigError if the two do not go together."""
        c, h, w = size
        if not (c and h and w):
            raise ConfigError(f"the image has size {c} x {h} x {w} (channels, height, width)")
        if self._mean_file and self.mean is not None and self.mean.shape != size:
            raise ConfigError(
                f"transform_param.mean_file: {self._mean_file} has size {_by(self.mean.shape)}, "
                f"but the image {_by(size)} (channels, height, width)"
            )
        if self.mean is not None and self.mean.shape[0] not in (1, c):
            raise ConfigError(
                f"transform_param.mean_value: {self.mean.shape[0]} values for {c} channels; "
                "give 1, or as many as channels"
            )
        if self.crop > min(h, w):
            raise ConfigError(
                f"transform_param.crop_size: {self.crop} does not fit into the image of height "
                f"{h} and width {w}"
            )
        return (c, self.crop, self.crop) if self.crop else size

    def prepare(self, count: int) -> None:
        """Get ready for batches of so many numbers; without it, array code does the work."""
        self._kernel = cpu.prepare_transform(count)

    def into_batch(
        self,
        images: np.ndarray,
        arrays: list[np.ndarray],
        items: slice,
        chances: Chances | None = None,
    ) -> None:
        """Transform images of one size into arrays[0][items], by chances if is_random.

        A batch of one takes the size of its image: arrays[0] may be replaced.
        """
        size = self.output_size(images.shape[1:])
        batch = arrays[0]
        if batch.shape[1:] != size:
            if len(batch) > 1:
                raise other_size(size, batch.shape[1:])
            batch = arrays[0] = np.empty((1, *size), batch.dtype)
        self(images, batch[items], chances)

    def __call__(self, x: np.ndarray, y: np.ndarray, chances: Chances | None = None) -> None:
        """Write y (n, C, ...), of the size that output_size says, from n images x."""
        if not self.is_random or chances is None:
            chances = _NO_CHANCES
        crops = self.crops_at_random and len(chances) > 0
        mirrors = self.mirror and len(chances) > 0
        mean = self._zero if self.mean is None else self.mean
        if self._kernel and self._kernel(x, y, chances, crops, mirrors, mean, self.scale):
            return
        places = self.places(x.shape[2:], y.shape[2:], chances)
        if len(places) == 1:
            self._transform(x, y, places[0])
            return
        for image, result, place in zip(x, y, places, strict=True):
            self._transform(image, result, place)

    def places(
        self, size: tuple[int, ...], crop: tuple[int, ...], chances: Chances | None
    ) -> np.ndarray:
        """Where crops of images of this size (height, width) begin, and whether they are mirrored.

        (n, 3): top, left, and 1 or 0; one row for all images if nothing is random.
        """
        room = np.subtract(size, crop)
        if chances is None or not len(chances):
            return np.array([[*(room // 2), 0]], np.int32)
        places = np.empty(chances.shape, np.int32)
        places[:, :2] = chances[:, :2] * (room + 1) if self.crops_at_random else room // 2
        places[:, 2] = chances[:, 2] < 0.5 if self.mirror else 0
        return places

    def _transform(self, x: np.ndarray, y: np.ndarray, place: np.ndarray) -> None:
        """The same in array code, for images whose crops begin at one place."""
        top, left, mirrored = place
        out_h, out_w = y.shape[-2:]
        if mirrored:
            y = y[..., ::-1]
        window = (..., slice(top, top + out_h), slice(left, left + out_w))
        if self.mean is None:
            np.multiply(x[window], self.scale, out=y)
            return
        mean = self.mean[window] if self._mean_file else self.mean
        np.subtract(x[window], mean, out=y)
        if self.scale != 1:
            y *= self.scale


def other_size(size: tuple[int, ...], others: tuple[int, ...]) -> ConfigError:
    """The error of an image of another size (C, H, W) than those of its batch."""
    return ConfigError(
        f"it becomes {_by(size)} (channels, height, width), but the batch is of size "
        f"{_by(others)}: images of several sizes need transform_param.crop_size, or batch_size: 1"
    )


def _by(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))
