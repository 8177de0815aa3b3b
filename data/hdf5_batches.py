"""HDF5Batches: batches of the rows of HDF5 files."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

import h5py
import numpy as np

from ..core.rng import stream
from ..proto import ConfigError
from ..proto.hdf5 import load_array, reading
from .naming import naming
from .text_file import read_lines

Shape = tuple[int, ...]


class Piece(NamedTuple):
    """Rows of one file, which make a batch or a part of it."""

    path: str
    arrays: list[np.ndarray]
    rows: np.ndarray


class HDF5Batches:
    """Batches of rows, which run across the files; one file at a time is in memory.

    paths    of the files
    names    of the datasets, one per top; they have any rank, and one row count within a file
    shuffle  whether every round is in an order of its own, of files and of rows within a file
    arrays   (batch_size, ...) per dataset

    Raises ConfigError, before anything is read, unless every file has every dataset, of numbers,
    and all agree on the shape of a row.
    """

    def __init__(self, paths: Sequence[str], names: Sequence[str], batch_size: int, shuffle: bool):
        self._paths = paths
        self._names = names
        self._batch_size = self.part_size = batch_size
        self._shuffle = shuffle
        shapes = [_dataset_shapes(path, names) for path in paths]
        for path, found in zip(paths, shapes, strict=True):
            _check_rows(path, names, found, paths[0], shapes[0])
        self.row_shapes: list[Shape] = [shape[1:] for shape in shapes[0]]
        self._counts = [found[0][0] for found in shapes]

    def plans(self, seed: int, start: int) -> Iterator[list[Piece]]:
        plan: list[Piece] = []
        wanted = self._batch_size
        loaded, arrays = -1, []
        for file, rows in self._runs(seed, start * self._batch_size):
            if file != loaded:
                arrays = []  # so that two files are not in memory at once
                loaded, arrays = file, self._load_file(file)
            while len(rows):
                plan.append(Piece(self._paths[file], arrays, rows[:wanted]))
                wanted -= len(plan[-1].rows)
                rows = rows[len(plan[-1].rows) :]
                if not wanted:
                    yield plan
                    plan, wanted = [], self._batch_size

    def load(self, plan: list[Piece], arrays: list[np.ndarray], items: slice) -> None:
        position = 0  # items are all of them
        for piece in plan:
            end = position + len(piece.rows)
            for batch, source in zip(arrays, piece.arrays, strict=True):
                batch[position:end] = source[piece.rows]
            position = end

    def describe(self, plan: list[Piece], index: int) -> str:
        for piece in plan:
            if index < len(piece.rows):
                return f"row {piece.rows[index]} of {piece.path}"
            index -= len(piece.rows)
        raise IndexError(index)

    def close(self) -> None:
        """Nothing stays open between two files."""

    def _runs(self, seed: int, start: int) -> Iterator[tuple[int, np.ndarray]]:
        """(file, rows) round and round, from row number `start` of this endless sequence."""
        first_round, passed = divmod(start, sum(self._counts))
        for number in count(first_round):
            for file in self._order(len(self._paths), seed, "files", number):
                if passed < self._counts[file]:
                    rows = self._order(self._counts[file], seed, "rows", number, int(file))
                    yield int(file), rows[passed:]
                passed = max(0, passed - self._counts[file])

    def _order(self, size: int, seed: int, *path: int | str) -> np.ndarray:
        return stream(seed, *path).permutation(size) if self._shuffle else np.arange(size)

    def _load_file(self, file: int) -> list[np.ndarray]:
        with reading(self._paths[file]) as data:
            return [load_array(data[name]) for name in self._names]


def read_hdf5_list(path: str) -> list[str]:
    """The paths in a list of HDF5 files, one a line."""
    paths = [line for _, line in read_lines(path)]
    if not paths:
        raise ConfigError(f"{path}: the list is empty; expected a path of an HDF5 file per line")
    return paths


def _dataset_shapes(path: str, names: Sequence[str]) -> list[Shape]:
    """The shape of each dataset that is asked for; ConfigError if one is missing."""
    if not h5py.is_hdf5(path):
        raise ConfigError(f"{path}: no such file, or no HDF5 file")
    with reading(path) as data:
        shapes = []
        for name in names:
            if name not in data:
                present = ", ".join(repr(key) for key in data)
                raise ConfigError(
                    f"{path}: has no dataset {name!r}; datasets are named by the tops, and the "
                    f"file has {present or 'none'}"
                )
            shapes.append(_shape_of(data[name], path, name))
        return shapes


def _shape_of(dataset: object, path: str, name: str) -> Shape:
    with naming(f"{path}: {name!r}"):
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
            raise ConfigError("is no dataset of floating-point numbers or integers")
        if not dataset.shape:
            raise ConfigError("has no axes; its first axis must be the rows")
        return dataset.shape


def _check_rows(
    path: str, names: Sequence[str], shapes: list[Shape], first: str, first_shapes: list[Shape]
) -> None:
    counts = {name: shape[0] for name, shape in zip(names, shapes, strict=True)}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name!r} has {rows}" for name, rows in counts.items())
        raise ConfigError(f"{path}: the datasets differ in their number of rows: {listed}")
    if not shapes[0][0]:
        raise ConfigError(f"{path}: has no rows")
    for name, shape, wanted in zip(names, shapes, first_shapes, strict=True):
        if shape[1:] != wanted[1:]:
            raise ConfigError(
                f"{path}: a row of {name!r} has shape {shape[1:]}, but {wanted[1:]} in {first}"
            )
