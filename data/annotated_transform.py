"""AnnotatedTransformer: what SSD does to an image and the objects in it on their way to a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.boxes import areas, coverages, project
from ..proto import ConfigError
from ..proto.caffe_pb2 import TRAIN, EmitConstraint, TransformationParameter
from .annotated_datum import BOX
from .box_sampler import check_samplers, sample_boxes
from .color_distortion import check_distortion, distort
from .image_noise import add_noise
from .image_resize import check_resize, extrapolated_boxes, resize, resized_boxes, resized_size
from .transform_mean import check_transform, transform_mean

_OWN_FIELDS = (
    "resize_param",
    "noise_param",
    "emit_constraint",
    "crop_h",
    "crop_w",
    "distort_param",
    "expand_param",
)


class AnnotatedTransformer:
    """Distorts, expands, samples, resizes, adds noise, crops, mirrors, subtracts the mean, scales.

    image    (H, W, C), uint8 or float32
    objects  (n, 8), rows as annotated_datum.py has them; each step that shows another part of the
             image cuts the boxes to it, and drops those outside, and those that emit_constraint
             does not let through

    The crop is at random in phase TRAIN and in the centre in TEST. All other chance is in both.

    Prototxt: transform_param { scale: 1, mirror: false, crop_size: 0, crop_h: 0, crop_w: 0,
    mean_file, mean_value, force_color: false, force_gray: false, resize_param, noise_param,
    distort_param, expand_param, emit_constraint }
    Source: data_transformer.cpp of SSD's Caffe, without its JPEG between two steps.
    """

    def __init__(self, param: Any, phase: int, dtype: Any, samplers: Sequence[Any] = ()):
        rest = TransformationParameter()
        rest.CopyFrom(param)
        for field in _OWN_FIELDS:
            rest.ClearField(field)
        check_transform(rest)
        check_samplers(samplers)
        self._param = param
        self._samplers = samplers
        self._phase = phase
        self._scale = np.dtype(dtype).type(param.scale)
        self._mean = transform_mean(param, dtype)
        self._crop = (param.crop_h, param.crop_w)
        if param.crop_size:
            self._crop = (param.crop_size, param.crop_size)
        if bool(self._crop[0]) != bool(self._crop[1]):
            raise ConfigError("transform_param: set crop_h and crop_w, or neither")
        self.color = True if param.force_color else False if param.force_gray else None
        self._resizes = param.HasField("resize_param")
        if self._resizes:
            check_resize(param.resize_param)
        if param.HasField("distort_param"):
            check_distortion(param.distort_param)
        if param.HasField("expand_param") and param.expand_param.max_expand_ratio < 1:
            raise ConfigError(
                "transform_param.expand_param.max_expand_ratio: "
                f"{param.expand_param.max_expand_ratio:g} must be 1 or more"
            )

    def output_size(self, size: tuple[int, ...]) -> tuple[int, int, int]:
        """What an image of this size (H, W, C) becomes, if nothing is sampled: (C, H, W)."""
        height, width = size[:2]
        if self._resizes:
            height, width = resized_size(size, self._param.resize_param)
        self._check_crop(height, width)
        if self._crop[0]:
            height, width = self._crop
        return size[2], height, width

    def __call__(
        self, image: np.ndarray, objects: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """(y, objects): y (C, H, W) in the dtype of the net, and where its objects are then."""
        param = self._param
        if param.HasField("distort_param"):
            image = distort(image, param.distort_param, rng)
        if param.HasField("expand_param"):
            image, objects = self._expand(image, objects, rng)
        if self._samplers:
            windows = sample_boxes(self._samplers, objects[:, BOX], rng)
            if len(windows):
                image, objects = self._cut(image, objects, windows[rng.integers(len(windows))])
        size = image.shape
        if self._resizes:
            objects = objects.copy()
            objects[:, BOX] = resized_boxes(objects[:, BOX], size, param.resize_param)
            image = resize(image, param.resize_param, rng)
        if param.HasField("noise_param"):
            image = add_noise(image, param.noise_param, rng)
        rows, columns = self._place_crop(image.shape, rng)
        window = _fractions(rows, columns, image.shape)
        objects = self._seen(objects, window)
        mirrors = bool(param.mirror and rng.integers(2))
        if mirrors:
            objects[:, [3, 5]] = 1 - objects[:, [5, 3]]
        if self._resizes:
            objects[:, BOX] = extrapolated_boxes(objects[:, BOX], size, param.resize_param, window)
        return self._scaled(image, rows, columns, mirrors), objects

    def _expand(
        self, image: np.ndarray, objects: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """The image somewhere on a larger one of the mean color."""
        param = self._param.expand_param
        if rng.random() > param.prob or param.max_expand_ratio < 1.01:
            return image, objects
        ratio = rng.uniform(1, param.max_expand_ratio)
        height, width, channels = image.shape
        large = int(height * ratio), int(width * ratio)
        top, left = (
            int(rng.integers(0, b - a, endpoint=True))
            for a, b in zip((height, width), large, strict=True)
        )
        result = np.empty((*large, channels), image.dtype)
        color = 0 if self._mean is None else self._mean.mean(axis=(1, 2))
        result[...] = color if image.dtype != np.uint8 else np.rint(color)
        result[top : top + height, left : left + width] = image
        rows, columns = slice(-top, large[0] - top), slice(-left, large[1] - left)
        return result, self._seen(objects, _fractions(rows, columns, image.shape))

    def _cut(
        self, image: np.ndarray, objects: np.ndarray, window: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The part of an image in a window, fractions of it."""
        height, width = image.shape[:2]
        scale = np.array([width, height], np.float32)
        low, sides = window[:2] * scale, (window[2:] - window[:2]) * scale
        (left, top), (across, down) = low.astype(int), np.maximum(sides.astype(int), 1)
        part = image[top : top + down, left : left + across]
        return part, self._seen(objects, window)

    def _seen(self, objects: np.ndarray, window: np.ndarray) -> np.ndarray:
        """The objects in a window, (4) fractions of the image, as fractions of it."""
        boxes = objects[:, BOX]
        inside = ((boxes[:, :2] < window[2:]) & (boxes[:, 2:] > window[:2])).all(axis=1)
        if self._param.HasField("emit_constraint"):
            inside &= self._emitted(boxes, window)
        objects = objects[inside]
        objects[:, BOX] = project(objects[:, BOX], window).clip(0, 1)
        return objects[areas(objects[:, BOX]) > 0]

    def _emitted(self, boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
        """Whether emit_constraint lets each box pass."""
        constraint = self._param.emit_constraint
        if constraint.emit_type == EmitConstraint.MIN_OVERLAP:
            return coverages(boxes, window) > np.float32(constraint.emit_overlap)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        return np.all((centres >= window[:2]) & (centres <= window[2:]), axis=1)

    def _check_crop(self, height: int, width: int) -> None:
        if self._crop[0] > height or self._crop[1] > width:
            raise ConfigError(
                f"transform_param: a crop of height {self._crop[0]} and width {self._crop[1]} does "
                f"not fit into the image of height {height} and width {width}"
            )

    def _place_crop(self, size: tuple[int, ...], rng: np.random.Generator) -> tuple[slice, slice]:
        """The rows and columns of an image of this size that are shown."""
        height, width = size[:2]
        if not self._crop[0]:
            return slice(0, height), slice(0, width)
        self._check_crop(height, width)
        room = height - self._crop[0], width - self._crop[1]
        starts = [space // 2 for space in room]
        if self._phase == TRAIN:
            starts = [int(rng.integers(space, endpoint=True)) for space in room]
        (top, left), (down, across) = starts, self._crop
        return slice(top, top + down), slice(left, left + across)

    def _scaled(self, image: np.ndarray, rows: slice, columns: slice, mirrors: bool) -> np.ndarray:
        """(x - mean) * scale of what is shown of an image, (C, H, W), mirrored or not."""
        channels = image.shape[2]
        x, mean = image[rows, columns].transpose(2, 0, 1), self._mean
        if mean is not None and self._param.mean_file:
            if mean.shape != (channels, *image.shape[:2]):
                raise ConfigError(
                    f"transform_param.mean_file: {self._param.mean_file} has size {mean.shape}, "
                    f"but the image {(channels, *image.shape[:2])} (channels, height, width)"
                )
            mean = mean[:, rows, columns]
        elif mean is not None and len(mean) not in (1, channels):
            raise ConfigError(
                f"transform_param.mean_value: {len(mean)} values for {channels} channels; "
                "give 1, or as many as channels"
            )
        y = np.multiply(x, self._scale) if mean is None else np.subtract(x, mean)
        if mean is not None and self._scale != 1:
            y *= self._scale
        return y[..., ::-1] if mirrors else y


def _fractions(rows: slice, columns: slice, size: tuple[int, ...]) -> np.ndarray:
    """A window of pixels of an image of this size as a box (4)."""
    pixels = np.array([columns.start, rows.start, columns.stop, rows.stop], np.float32)
    return pixels / np.tile(np.array(size[1::-1], np.float32), 2)
