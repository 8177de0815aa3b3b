"""WindowBatches: batches of windows sampled from a window file."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from ..core.rng import stream
from ..proto import ConfigError
from ..proto.input_file import read_file
from .image import decode_image
from .naming import naming
from .transform_mean import check_transform, transform_mean
from .window_crop import cut_window, place_window
from .window_file import Window, WindowFile


class Sample(NamedTuple):
    """One item of a batch."""

    window: Window
    mirror: bool


class WindowBatches:
    """Batches of (crops, labels): windows drawn at random, with replacement.

    Of every batch, fg_fraction (rounded down) are foreground, windows that overlap an object by
    fg_threshold or more; the others, which come first, are background, label 0, that overlap one
    by less than bg_threshold.

    arrays  crops (N, 3, crop_size, crop_size), labels (N,)
    """

    part_size = 8

    def __init__(self, file: WindowFile, param: Any, transform: Any, dtype: Any):
        check_transform(transform)
        self._crop_size = transform.crop_size
        self._mirror = transform.mirror
        self._scale = np.dtype(dtype).type(transform.scale)
        self._mean = _centre_of_mean(transform, dtype)
        self._batch_size = param.batch_size
        self._context = param.context_pad
        self._square = param.crop_mode == "square"
        self._foreground_count = int(np.float32(param.batch_size) * np.float32(param.fg_fraction))
        self.foreground = [w for w in file.windows if w.overlap >= param.fg_threshold]
        self.background = [
            w._replace(label=0)
            for w in file.windows
            if w.overlap < min(param.bg_threshold, param.fg_threshold)
        ]
        self._check()
        self._bytes = {}
        if param.cache_images:
            self._bytes = {image: read_file(image) for image in file.images}

    def plans(self, seed: int, start: int) -> Iterator[list[Sample]]:
        for number in count(start):
            rng = stream(seed, "batch", number)
            draw = partial(_draw, rng, self._mirror)
            background = self._batch_size - self._foreground_count
            yield draw(self.background, background) + draw(self.foreground, self._foreground_count)

    def load(self, plan: list[Sample], arrays: list[np.ndarray], items: slice) -> None:
        for i, sample in enumerate(plan[items], items.start):
            with naming(_describe(sample.window)):
                self._load_window(sample, arrays[0][i])
            arrays[1][i] = sample.window.label

    def describe(self, plan: list[Sample], index: int) -> str:
        return _describe(plan[index].window)

    def close(self) -> None:
        """Nothing stays open between two batches."""

    def _load_window(self, sample: Sample, crop: np.ndarray) -> None:
        data = self._bytes.get(sample.window.image) or read_file(sample.window.image)
        image = decode_image(data, True)
        size = self._crop_size
        place = place_window(
            sample.window, image.shape[:2], size, self._context, self._square, sample.mirror
        )
        pixels = cut_window(image, place, sample.mirror).transpose(2, 0, 1)
        h, w = pixels.shape[1:]
        region = (..., slice(place.top, place.top + h), slice(place.left, place.left + w))
        crop[...] = 0
        np.subtract(pixels, self._mean[region], out=crop[region])
        crop *= self._scale

    def _check(self) -> None:
        needs = (
            ("foreground", self.foreground, self._foreground_count),
            ("background", self.background, self._batch_size - self._foreground_count),
        )
        for kind, windows, wanted in needs:
            if wanted and not windows:
                raise ConfigError(
                    f"window_data_param: a batch needs {wanted} {kind} windows, but the file has "
                    "none; see fg_fraction and the thresholds"
                )
        unlabelled = next((w for w in self.foreground if w.label <= 0), None)
        if unlabelled:
            raise ConfigError(
                f"{_describe(unlabelled)}: class {unlabelled.label} overlaps by "
                f"{unlabelled.overlap:g}, but classes of objects start at 1"
            )


def _centre_of_mean(transform: Any, dtype: Any) -> np.ndarray:
    """What is subtracted from a crop, (3, crop_size, crop_size): the mean is not mirrored."""
    size = transform.crop_size
    mean = transform_mean(transform, dtype)
    if mean is None:
        mean = np.zeros((1, 1, 1), dtype)
    if transform.mean_file:
        # Caffe measures the border across and takes it down the side as well.
        border = (mean.shape[2] - size) // 2
        mean = mean[:, border : border + size, border : border + size] if border >= 0 else mean
        if mean.shape != (3, size, size):
            raise ConfigError(
                f"transform_param.mean_file: {transform.mean_file} is too small, or has no 3 "
                f"channels: crops are (3, {size}, {size})"
            )
    elif mean.shape[0] not in (1, 3):
        raise ConfigError(f"transform_param.mean_value: {mean.shape[0]} values; give 1 or 3")
    return np.broadcast_to(mean, (3, size, size))


def _draw(rng: np.random.Generator, mirror: bool, windows: list[Window], n: int) -> list[Sample]:
    if not n:
        return []
    chosen = rng.integers(len(windows), size=n)
    mirrored = rng.integers(2, size=n) if mirror else np.zeros(n, int)
    return [Sample(windows[i], bool(m)) for i, m in zip(chosen, mirrored, strict=True)]


def _describe(window: Window) -> str:
    return f"window ({window.x1}, {window.y1}, {window.x2}, {window.y2}) of {window.image}"
