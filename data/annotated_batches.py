"""AnnotatedBatches: batches of the images in a database of SSD's, and the objects in them."""

from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from ..core.rng import Rng, stream
from ..proto import ConfigError
from ..proto.caffe_pb2 import AnnotatedDatum
from .annotated_datum import OBJECT, parse_annotated_datum, read_objects
from .annotated_transform import AnnotatedTransformer
from .datum import datum_array
from .naming import naming
from .record_source import Record, RecordSource


class Plan(NamedTuple):
    """The records of a batch, and where its random numbers come from."""

    records: list[Record]
    seed: int
    number: int

    def rng(self, item: int) -> Rng:
        """The random numbers of an item."""
        return stream(self.seed, "batch", self.number, item)


class AnnotatedBatches:
    """Batches of (images, objects), in the order of the source.

    arrays  images (N, C, H, W) and, unless nobody wants them, objects (1, 1, n, 8), rows of item,
            label, instance, xmin, ymin, xmax, ymax and difficult; a batch without any has one row
            of -1. Without annotation type, records have one label each, (N).
    """

    def __init__(
        self,
        source: RecordSource,
        transform: AnnotatedTransformer,
        batch_size: int,
        is_annotated: bool | None,
    ):
        self._source = source
        self._transform = transform
        # How many objects there are is known when all items are loaded: by one thread.
        self._batch_size = self.part_size = batch_size
        self._is_annotated = is_annotated

    def first_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the arrays, as the first record has them."""
        key, value = next(self._source.one_round())
        with naming(self._source.describe(key)):
            annotated = parse_annotated_datum(value)
            if self._is_annotated is None:
                self._is_annotated = annotated.HasField("type")
            image, objects = self._read(annotated)
            size = self._transform.output_size(image.shape)
        objects_shape = (1, 1, max(len(objects), 1), OBJECT)
        labels_shape = objects_shape if self._is_annotated else (self._batch_size,)
        return [(self._batch_size, *size), labels_shape]

    def plans(self, seed: int, start: int) -> Iterator[Plan]:
        size = self._batch_size
        records = self._source.records(start * size)
        for number in count(start):
            yield Plan(list(islice(records, size)), seed, number)

    def load(self, plan: Plan, arrays: list[np.ndarray], items: slice) -> None:
        found = []
        for i, (key, value) in enumerate(plan.records):
            with naming(self._source.describe(key)):
                annotated = parse_annotated_datum(value)
                image, objects = self._read(annotated)
                y, objects = self._transform(image, objects, plan.rng(i))
                if y.shape != arrays[0].shape[1:]:
                    self._resize(arrays, y.shape)
                arrays[0][i] = y
            objects[:, 0] = i
            found.append(objects)
            if not self._is_annotated and len(arrays) > 1:
                arrays[1][i] = annotated.datum.label
        if self._is_annotated and len(arrays) > 1:
            rows = np.concatenate(found)
            rows = rows if len(rows) else np.full((1, OBJECT), -1)
            arrays[1] = rows.reshape(1, 1, *rows.shape).astype(arrays[1].dtype)

    def describe(self, plan: Plan, index: int) -> str:
        return self._source.describe(plan.records[index][0])

    def close(self) -> None:
        self._source.close()

    def _read(self, annotated: AnnotatedDatum) -> tuple[np.ndarray, np.ndarray]:
        """The image of a record, (H, W, C), and its objects."""
        image = datum_array(annotated.datum, self._transform.color)
        return image.transpose(1, 2, 0), read_objects(annotated)

    def _resize(self, arrays: list[np.ndarray], size: tuple[int, ...]) -> None:
        if len(arrays[0]) > 1:
            raise ConfigError(
                f"it becomes {size} (channels, height, width), but the batch is of size "
                f"{arrays[0].shape[1:]}: images of several sizes need transform_param.resize_param "
                "(WARP or FIT_LARGE_SIZE_AND_PAD) or a crop, or batch_size: 1"
            )
        arrays[0] = np.empty((1, *size), arrays[0].dtype)
