"""LabelMapBatches: batches of images, each with an image of labels, cropped and mirrored alike."""

from collections.abc import Callable
from math import prod
from typing import Any

import cv2
import numpy as np

from ..proto import ConfigError
from ..proto.caffe_pb2 import TransformationParameter
from .image import read_image
from .image_batches import ImageBatches, Plan
from .naming import naming
from .pair_list import ListedPair
from .transform import Size3, Transformer

Size2 = tuple[int, int]


class LabelMapBatches(ImageBatches):
    """Batches of (images, label maps): files, resized and transformed.

    labels        makes of a grey image (H, W), uint8, the labels to be had
    resize_label  an OpenCV interpolation for label maps
    factor        label maps are smaller than images by this whole number
    arrays        images (N, C, H, W), label maps (N, 1, H / factor, W / factor)

    A label map is cropped and mirrored as its image is; there is no mean to it, and no scale.
    """

    def __init__(
        self,
        pairs: list[ListedPair],
        param: TransformationParameter,
        phase: int,
        dtype: Any,
        batch_size: int,
        *,
        labels: Callable[[np.ndarray], np.ndarray],
        resize_label: int,
        factor: int = 1,
        **options: Any,
    ):
        transform = Transformer(param, phase, dtype)
        super().__init__(pairs, transform, batch_size, **options)  # pyright: ignore[reportArgumentType]
        alike = TransformationParameter(mirror=param.mirror, crop_size=param.crop_size)
        self._label_transform = Transformer(alike, phase, dtype)
        self._labels, self._resize_label, self._factor = labels, resize_label, factor
        if factor > 1 and param.crop_size:
            raise ConfigError(
                f"label_divide_factor: {factor} cannot stand beside transform_param.crop_size: "
                "a crop would fall between labels"
            )

    def first_sizes(self, seed: int) -> tuple[Size3, Size3]:
        """What the first image and its label map become: (C, H, W) each."""
        size = self.first_size(seed)
        first: Any = next(self._endless(seed, 0))
        label = self._read_label(first, self._read(first).shape[1:])
        label_size = self._label_transform.output_size(label.shape)
        self._label_transform.prepare(self._batch_size * prod(label_size))
        return size, label_size

    def load(self, plan: Plan, arrays: list[np.ndarray], items: slice) -> None:
        for i, listed in enumerate(plan.images[items], items.start):
            pair: Any = listed
            image = self._read(pair)
            label = self._read_label(pair, image.shape[1:])
            one, label_arrays = slice(i, i + 1), arrays[1:]
            chances = None if plan.chances is None else plan.chances[one]
            with naming(self._path(pair)):
                self._transform.into_batch(image[None], arrays, one, chances)
                self._label_transform.into_batch(label[None], label_arrays, one, chances)
            arrays[1] = label_arrays[0]

    def _read_label(self, pair: ListedPair, image_size: Size2) -> np.ndarray:
        path = self._root + pair.label_path
        label = read_image(path, color=False)[:, :, 0]
        if self._size is None and label.shape != image_size:
            raise ConfigError(
                f"{path}: the label map has size {label.shape}, the image {self._path(pair)} "  # pyright: ignore[reportArgumentType]
                f"{image_size} (height, width); they must be equal"
            )
        size = tuple(length // self._factor for length in image_size)
        if min(size) < 1:
            raise ConfigError(
                f"{path}: an image of size {image_size} has no place for labels that are smaller "
                f"by {self._factor}, label_divide_factor"
            )
        if label.shape != size:
            label = cv2.resize(label, size[::-1], interpolation=self._resize_label)
        return self._labels(label)[None]
