"""Weights of other frameworks: arrays by name, in and out of a net."""

from .array_files import read_arrays, write_arrays
from .exporting import named_arrays
from .importing import import_arrays

__all__ = ["import_arrays", "named_arrays", "read_arrays", "write_arrays"]
