"""DatumBatches: batches of the images and labels in a database of Datums."""

from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from ..proto import ConfigError
from .datum import datum_array, parse_datum
from .naming import naming
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

    def __init__(self, source: RecordSource, transform: Transformer, batch_size: int):
        self._source = source
        self._transform = transform
        self._batch_size = batch_size

    def first_size(self) -> Size3:
        """What the first record becomes: (C, H, W)."""
        key, value = next(self._source.one_round())
        image, _ = self._read(key, value)
        with naming(self._source.describe(key)):
            return self._transform.output_size(image.shape)

    def plans(self, seed: int, start: int) -> Iterator[Plan]:
        size = self._batch_size
        records = self._source.records(start * size)
        for number in count(start):
            yield Plan(list(islice(records, size)), self._transform.chances(seed, number, size))

    def load(self, plan: Plan, arrays: list[np.ndarray]) -> None:
        held = self._may_be_held(arrays[0])
        images = []
        for i, (key, value) in enumerate(plan.records):
            image, label = self._read(key, value)
            if len(arrays) > 1:
                arrays[1][i] = label
            if held:
                images.append(image)
            else:
                self._write(image, plan, i, arrays)
        if not held:
            return
        if all(image.shape == images[0].shape for image in images):
            with naming(self.describe(plan, 0)):
                self._transform.into_batch(np.stack(images), arrays, slice(None))
            return
        for i, image in enumerate(images):
            self._write(image, plan, i, arrays)

    def describe(self, plan: Plan, index: int) -> str:
        return self._source.describe(plan.records[index][0])

    def close(self) -> None:
        self._source.close()

    def _may_be_held(self, batch: np.ndarray) -> bool:
        return len(batch) > 1 and batch[0].size <= _SMALL and not self._transform.is_random

    def _read(self, key: bytes, value: bytes) -> tuple[np.ndarray, int]:
        try:
            datum = parse_datum(value)
            return datum_array(datum, self._transform.color), datum.label
        except ConfigError as problem:
            raise ConfigError(f"{self._source.describe(key)}: {problem}") from None

    def _write(self, image: np.ndarray, plan: Plan, i: int, arrays: list[np.ndarray]) -> None:
        chance = None if plan.chances is None else plan.chances[i]
        with naming(self.describe(plan, i)):
            self._transform.into_batch(image, arrays, i, chance)
