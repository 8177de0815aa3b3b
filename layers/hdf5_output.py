"""HDF5Output: write blobs to a file."""

from pathlib import Path
from typing import Any

import h5py

from ..core import Blobs, Layer, Shape, register


@register("HDF5Output")
class HDF5Output(Layer):
    """Append two bottoms to an HDF5 file, as its datasets "data" and "label".

    bottom[0]  data (N, ...), any rank but 0
    bottom[1]  label (N, ...)

    The file is made anew when the net is, and every forward appends N rows to both datasets: Caffe
    can write one batch only, and aborts on the second.

    Prototxt: hdf5_output_param { file_name }
    Source: Caffe's hdf5_output_layer.cpp, which HDF5Data can read back.
    """

    bottom_count = 2
    top_count = 0

    def setup(self, bottom_shapes: list[Shape]) -> None:
        path = self.param.hdf5_output_param.file_name
        if not path:
            raise self.error("hdf5_output_param.file_name: is not set")
        try:
            self._file = h5py.File(path, "w")
        except OSError as problem:
            folder = Path(path).absolute().parent
            raise self.error(
                f"hdf5_output_param.file_name: {path!r} cannot be written in {str(folder)!r}: "
                f"{problem}"
            ) from None
        self._datasets: list[Any] = []

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        data, label = bottom_shapes
        if not data or not label or data[0] != label[0]:
            raise self.error(
                f"data has shape {data} and label {label}; their first axes must be equal"
            )
        return []

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        if self._datasets:
            self._check_rows(bottom)
            return
        for name, blob in zip(("data", "label"), bottom, strict=True):
            # A chunk is a batch: each forward then writes whole chunks.
            self._datasets.append(
                self._file.create_dataset(
                    name,
                    (0, *blob.shape[1:]),
                    blob.dtype,
                    maxshape=(None, *blob.shape[1:]),
                    chunks=tuple(max(1, n) for n in blob.shape),
                )
            )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        for dataset, blob in zip(self._datasets, bottom, strict=True):
            rows = len(dataset)
            dataset.resize(rows + len(blob.data), axis=0)
            dataset[rows:] = blob.data
        self._file.flush()

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        for blob, wanted in zip(bottom, self.propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0

    def close(self) -> None:
        # Setup may have failed before there was anything to close.
        if hasattr(self, "_file"):
            self._file.close()

    def _check_rows(self, bottom: Blobs) -> None:
        for dataset, blob in zip(self._datasets, bottom, strict=True):
            if dataset.shape[1:] != blob.shape[1:]:
                raise self.error(
                    f"rows of {dataset.name} had shape {dataset.shape[1:]} before and "
                    f"{blob.shape[1:]} now; a dataset has rows of one shape"
                )
