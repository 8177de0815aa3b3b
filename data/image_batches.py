"""ImageBatches: batches of the image files in a list."""

from collections.abc import Iterator
from itertools import count, islice
from math import prod
from typing import NamedTuple

import numpy as np

from ..core.rng import stream
from ..proto import ConfigError
from .image import read_image
from .image_list import ListedImage
from .image_windows import ImageWindows
from .naming import naming
from .transform import Size3, Transformer


class Plan(NamedTuple):
    """The images of a batch, and three random numbers for each if the transform wants them."""

    images: list[ListedImage]
    chances: np.ndarray | None


class ImageBatches:
    """Batches of (images, labels): image files, resized and transformed.

    root       written before every path of the list, as it stands
    color      3 channels (B, G, R) or 1
    size       (height, width) to resize to before cropping, or None
    shuffle    whether every round is in an order of its own
    rand_skip  start after fewer than so many images, at random
    arrays     images (N, C, H, W), labels (N,)
    """

    part_size = 8
    windows: ImageWindows | None = None  # what a GPU can transform

    def __init__(
        self,
        images: list[ListedImage],
        transform: Transformer,
        batch_size: int,
        *,
        root: str = "",
        color: bool = True,
        size: tuple[int, int] | None = None,
        shuffle: bool = False,
        rand_skip: int = 0,
    ):
        self._images = images
        self._transform = transform
        self._into_batch = transform.into_batch
        self._batch_size = batch_size
        self._root = root
        self._color = color
        self._size = size
        self._shuffle = shuffle
        self._rand_skip = rand_skip

    def first_size(self, seed: int) -> Size3:
        """What the first image becomes: (C, H, W)."""
        first = next(self._endless(seed, 0))
        image = self._read(first)
        with naming(self._path(first)):
            size = self._transform.output_size(image.shape)
        self._transform.prepare(self._batch_size * prod(size))
        self.windows = ImageWindows(self._transform, image)
        return size

    def load_windows(self, windows: ImageWindows) -> None:
        """From now on load what they say."""
        self._into_batch = windows.into_batch

    def skipped(self, seed: int) -> int:
        """How many images the first round leaves out."""
        skipped = int(stream(seed, "skip").integers(self._rand_skip)) if self._rand_skip else 0
        if skipped >= len(self._images):
            raise ConfigError(
                f"rand_skip: {self._rand_skip} may skip all {len(self._images)} images of the list"
            )
        return skipped

    def plans(self, seed: int, start: int) -> Iterator[Plan]:
        size = self._batch_size
        images = self._endless(seed, start * size)
        for number in count(start):
            yield Plan(list(islice(images, size)), self._transform.chances(seed, number, size))

    def load(self, plan: Plan, arrays: list[np.ndarray], items: slice) -> None:
        for i, listed in enumerate(plan.images[items], items.start):
            image = self._read(listed)
            one = slice(i, i + 1)
            chances = None if plan.chances is None else plan.chances[one]
            with naming(self._path(listed)):
                self._into_batch(image[None], arrays, one, chances)
            arrays[1][i] = listed.label

    def describe(self, plan: Plan, index: int) -> str:
        return f"image {self._path(plan.images[index])}"

    def close(self) -> None:
        """Nothing stays open between two batches."""

    def _endless(self, seed: int, start: int) -> Iterator[ListedImage]:
        """The images round and round, from number `start` of this sequence."""
        first_round, position = divmod(self.skipped(seed) + start, len(self._images))
        for number in count(first_round):
            yield from (self._images[i] for i in self._order(seed, number)[position:])
            position = 0

    def _order(self, seed: int, number: int) -> np.ndarray | range:
        if not self._shuffle:
            return range(len(self._images))
        return stream(seed, "round", number).permutation(len(self._images))

    def _read(self, listed: ListedImage) -> np.ndarray:
        return read_image(self._path(listed), self._color, self._size).transpose(2, 0, 1)

    def _path(self, listed: ListedImage) -> str:
        return self._root + listed.path
