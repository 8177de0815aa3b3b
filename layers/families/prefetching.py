"""Prefetching: what the layers share whose tops are batches that threads prepare ahead of need."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ...core import Blob, Blobs, Layer, Shape
from ...data.image_windows import ImageWindows
from ...data.prefetch import Batch, BatchReader, Prefetcher
from ...data.uploaded_batches import UploadedBatches
from ...kernels import gpu
from ...proto import ConfigError


class PrefetchingLayer(Layer):
    """Tops are batches out of files, read, decoded and transformed ahead of need.

    A subclass opens its files in `open_reader`. data_param.prefetch batches lie in memory, loaded
    part by part by as many threads as there are cores. A batch depends on a seed, drawn once from
    the layer's rng, and on its number: neither threads nor a resume from state() change it.

    On a GPU, batches of more than one are uploaded ahead of need as well, and transformed there if
    transforms_on_gpu and the reader knows the `windows` of its images. If the last top is_ragged,
    of another shape in every batch, it is given to `store_ragged` instead.
    """

    bottom_count = 0
    top_count = 2
    transforms_on_gpu = False
    is_ragged = False
    _uploads: UploadedBatches | None = None

    def open_reader(self, seed: int) -> tuple[BatchReader, list[Shape]]:
        """Where the batches come from, and the shape of each top.

        A ConfigError raised here needs no name of the layer; setup() adds it.
        """
        raise NotImplementedError

    def store_ragged(self, top: Blob, array: np.ndarray) -> None:
        """In the middle of a pass on a GPU, write the array of a ragged top."""
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

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if self._shapes[0][0] == 1 or self.dtype != "float32":
            return None
        reader: Any = self._prefetcher.reader
        windows = reader.windows if self.transforms_on_gpu else None
        self._uploads = self._uploads or self._begin_uploads(context.gpu, windows)
        arrays, images = self._uploads.arrays, None
        if windows:
            how = windows.mean, windows.scale, windows.has_planes
            images = gpu.Transform(context, arrays[2], *how)
        return gpu.Batches(context, partial(self.next_batch, top), arrays, images)

    def _begin_uploads(self, device: Any, windows: ImageWindows | None) -> UploadedBatches:
        """From now on load batches for a GPU."""
        reader: Any = self._prefetcher.reader
        parts = [(shape, "float32") for shape in self._shapes]
        parts, ragged = (parts[:-1], parts[-1:]) if self.is_ragged else (parts, [])
        if windows:
            parts = windows.parts(self._shapes[0][0])
            reader.load_windows(windows)
        slots = self.param.data_param.prefetch
        uploads = UploadedBatches(device, self._prefetcher, parts, slots, ragged)
        self._prefetcher.seek(self._seed, self._number, uploads.slots)
        return uploads

    def next_batch(self, top: Blobs) -> None:
        """Bring a batch to the GPU."""
        assert self._uploads
        with self.explaining():
            self._plan = self._uploads.take()
        for array in self._uploads.hosted:
            self.store_ragged(top[-1], array)
        self._number += 1

    def describe_item(self, index: int) -> str:
        """Where item `index` of the present batch came from, for errors about its values."""
        return self._prefetcher.reader.describe(self._plan, index)

    def state(self) -> dict[str, Any]:
        return {"seed": self._seed, "batches": self._number}

    def restore(self, state: dict[str, Any]) -> None:
        self._seed, self._number = state["seed"], state["batches"]
        if self._uploads:
            self._uploads.forget()
        self._prefetcher.seek(self._seed, self._number)

    def close(self) -> None:
        # Setup may have failed before there was anything to close.
        if hasattr(self, "_prefetcher"):
            if self._uploads:
                self._uploads.forget()
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
