"""DatumBatches: batches of the images and labels in a database of Datums."""

from collections.abc import Iterator
from itertools import count, islice
from math import prod
from typing import NamedTuple

import numpy as np

from ..proto import ConfigError
from .datum import datum_array, open_datum
from .image_windows import ImageWindows
from .naming import naming
from .raw_datums import RawDatums
from .record_source import Record, RecordSource
from .transform import Size3, Transformer

# Images of so few values cost more in Python than in NumPy: a batch of them is transformed at once.
_SMALL = 16384


class Plan(NamedTuple):
    """The records of a batch, and three random numbers for each if the transform wants them."""

    records: list[Record]
    chances: np.ndarray | None


class DatumBatches:
    """Batches of (images, labels), in the order of the source.

    arrays  images (N, C, H, W) and, unless nobody wants them, labels (N,)
    """

    windows: ImageWindows | None = None  # what a GPU can transform; None if images are not of bytes

    def __init__(self, source: RecordSource, transform: Transformer, batch_size: int):
        self._source = source
        self._transform = transform
        self._into_batch = transform.into_batch
        self._batch_size = self.part_size = batch_size
        self._is_small = False
        self._raw = RawDatums()

    def first_size(self) -> Size3:
        """What the first record becomes: (C, H, W). Needed before the first batch."""
        key, value = next(self._source.one_round())
        image, _ = self._read(key, value)
        with naming(self._source.describe(key)):
            size = self._transform.output_size(image.shape)
        self._is_small = image.size <= _SMALL
        self.part_size = self._batch_size if self._is_small else 8
        self._transform.prepare(self._batch_size * prod(size))
        if image.dtype == np.uint8:
            self.windows = ImageWindows(self._transform, image)
        return size

    def load_windows(self, windows: ImageWindows) -> None:
        """From now on load what they say."""
        self._into_batch = windows.into_batch

    def plans(self, seed: int, start: int) -> Iterator[Plan]:
        size = self._batch_size
        records = self._source.records(start * size)
        for number in count(start):
            yield Plan(list(islice(records, size)), self._transform.chances(seed, number, size))

    def load(self, plan: Plan, arrays: list[np.ndarray], items: slice) -> None:
        records = plan.records[items]
        raw = self._raw.read([value for _, value in records]) if self._is_small else None
        if raw:
            images, labels = raw
            self._write(images, plan, items, arrays)
            if len(arrays) > 1:
                arrays[1][items] = labels
            return
        for i, (key, value) in enumerate(records, items.start):
            image, label = self._read(key, value)
            self._write(image[None], plan, slice(i, i + 1), arrays)
            if len(arrays) > 1:
                arrays[1][i] = label

    def describe(self, plan: Plan, index: int) -> str:
        return self._source.describe(plan.records[index][0])

    def close(self) -> None:
        self._source.close()

    def _read(self, key: bytes, value: bytes | memoryview) -> tuple[np.ndarray, int]:
        try:
            datum, data = open_datum(value)
            return datum_array(datum, self._transform.color, data), datum.label
        except ConfigError as problem:
            raise ConfigError(f"{self._source.describe(key)}: {problem}") from None

    def _write(self, images: np.ndarray, plan: Plan, items: slice, arrays: list) -> None:
        chances = None if plan.chances is None else plan.chances[items]
        with naming(self.describe(plan, items.start)):
            self._into_batch(images, arrays, items, chances)
