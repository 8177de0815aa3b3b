"""MemoryData: arrays and labels that the program hands over."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..data.datum import datum_array
from ..data.transform import Transformer
from ..proto import ConfigError


@register("MemoryData")
class MemoryData(Layer):
    """Batches out of arrays in memory, one after the other, round and round.

    top[0]  data (N, channels, height, width)
    top[1]  labels (N,)

    reset() takes arrays as they are; add_datums() takes Datums and applies transform_param.
    Neither is kept for a resume: the program hands them over again.

    Prototxt: memory_data_param { batch_size, channels, height, width }, transform_param (of Datums)
    Source: Caffe's memory_data_layer.cpp.
    """

    bottom_count = 0
    top_count = 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.memory_data_param
        self._shape = (param.batch_size, param.channels, param.height, param.width)
        if not all(self._shape):
            raise self.error(
                "memory_data_param: batch_size, channels, height and width must be 1 or more, got "
                + ", ".join(map(str, self._shape))
            )
        try:
            self._transform = Transformer(self.param.transform_param, self.param.phase, self.dtype)
        except ConfigError as problem:
            raise self.error(str(problem)) from None
        self._seed = int(self.rng.integers(1 << 32))
        self._data: np.ndarray | None = None
        self._labels: np.ndarray | None = None
        self._position = 0
        self._added = 0

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return [self._shape, self._shape[:1]]

    def reset(self, data: np.ndarray, labels: np.ndarray) -> None:
        """Give batches of data (count, channels, height, width) and labels (count, ...) from now.

        count must be a multiple of batch_size. The arrays are not copied: what is written to them
        later is seen.
        """
        n = self._shape[0]
        if data.ndim != 4 or data.shape[1:] != self._shape[1:]:
            wanted = ", ".join(map(str, self._shape[1:]))
            raise self.error(f"data has shape {data.shape}; it must be (count, {wanted})")
        if labels.shape[:1] != data.shape[:1] or labels.size != len(labels):
            raise self.error(
                f"labels have shape {labels.shape}; one is needed for each of {len(data)} items"
            )
        if not len(data) or len(data) % n:
            raise self.error(f"{len(data)} items are no multiple of batch_size ({n})")
        self._data, self._labels, self._position = data, labels.reshape(-1), 0

    def add_datums(self, datums: Sequence[Any]) -> None:
        """Give batches of these Datums, transformed, from now on."""
        data = np.empty((len(datums), *self._shape[1:]), self.dtype)
        chances = self._transform.chances(self._seed, self._added, len(datums))
        for i, datum in enumerate(datums):
            try:
                image = datum_array(datum, self._transform.color)
                size = self._transform.output_size(image.shape)
            except ConfigError as problem:
                raise self.error(f"Datum {i}: {problem}") from None
            if size != self._shape[1:]:
                raise self.error(f"Datum {i} becomes {size}; it must be {self._shape[1:]}")
            one = slice(i, i + 1)
            self._transform(image[None], data[one], None if chances is None else chances[one])
        self.reset(data, np.array([datum.label for datum in datums], self.dtype))
        self._added += 1

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if self._data is None or self._labels is None:
            raise self.error("has no data yet: call set_input_arrays, or the layer's reset, first")
        batch = slice(self._position, self._position + self._shape[0])
        top[0].data[...] = self._data[batch]
        top[1].data[...] = self._labels[batch]
        self._position = batch.stop % len(self._data)

    def describe_item(self, index: int) -> str:
        """Where item `index` of the present batch came from, for errors about its values."""
        items = len(self._data) if self._data is not None else 1
        return f"item {(self._position - self._shape[0] + index) % items} of the arrays"
