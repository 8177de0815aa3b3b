"""Prefetching: what the layers share whose tops are batches that threads prepare ahead of need."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...core import Blobs, Layer, Shape
from ...data.prefetch import Batch, BatchReader, Prefetcher
from ...proto import ConfigError


class PrefetchingLayer(Layer):
    """Tops are batches out of files, read, decoded and transformed ahead of need.

    A subclass opens its files in `open_reader`. data_param.prefetch batches lie in memory, loaded
    part by part by as many threads as there are cores. A batch depends on a seed, drawn once from
    the layer's rng, and on its number: neither threads nor a resume from state() change it.
    """

    bottom_count = 0
    top_count = 2

    def open_reader(self, seed: int) -> tuple[BatchReader, list[Shape]]:
        """Where the batches come from, and the shape of each top.

        A ConfigError raised here needs no name of the layer; setup() adds it.
        """
        raise NotImplementedError

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._seed = int(self.rng.integers(1 << 32))
        self._number = 0
        self._plan: Any = None
        slots = self.param.data_param.prefetch
        if slots < 1:
            raise self.error(f"data_param.prefetch: {slots} must be 1 or more batches")
        with self.explaining():
            reader, self._shapes = self.open_reader(self._seed)
        # Files may hold images of several sizes, which only a batch of one can follow.
        self.shapes_vary = self._shapes[0][0] == 1
        batches = [
            Batch([np.empty(shape, self.dtype) for shape in self._shapes]) for _ in range(slots)
        ]
        self._prefetcher = Prefetcher(reader, batches, self._seed)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        return self._shapes

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        with self.explaining():
            batch = self._prefetcher.take()
        try:
            for blob, array in zip(top, batch.arrays, strict=True):
                if blob.shape != array.shape:
                    blob.reshape(array.shape)
                blob.data[...] = array
            self._plan = batch.plan
            self._number += 1
        finally:
            self._prefetcher.give_back(batch)

    def describe_item(self, index: int) -> str:
        """Where item `index` of the present batch came from, for errors about its values."""
        return self._prefetcher.reader.describe(self._plan, index)

    def state(self) -> dict[str, Any]:
        return {"seed": self._seed, "batches": self._number}

    def restore(self, state: dict[str, Any]) -> None:
        self._seed, self._number = state["seed"], state["batches"]
        self._prefetcher.seek(self._seed, self._number)

    def close(self) -> None:
        # Setup may have failed before there was anything to close.
        if hasattr(self, "_prefetcher"):
            self._prefetcher.close()

    def batch_size(self, field: str) -> int:
        """The batch_size in a field such as data_param; ConfigError if it is 0."""
        size = getattr(self.param, field).batch_size
        if not size:
            raise ConfigError(f"{field}.batch_size: must be 1 or more")
        return size

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Name the layer in errors about fields and files."""
        try:
            yield
        except ConfigError as problem:
            raise self.error(str(problem)) from None
