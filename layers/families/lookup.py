"""Layers that pick rows of a table by number."""

from dataclasses import dataclass

import numpy as np

from ...core import Array, Blob, Layer
from ...proto import ConfigError


class LookupLayer(Layer):
    """Base of the layers that give table[index], whose index blob is floating point in Caffe."""

    def row_numbers(self, indices: Blob, rows: int, what: str) -> Array:
        """The indices as whole numbers; ConfigError if one is not in [0, rows)."""
        values = indices.data
        if _are_wrong(values, rows).any():
            raise self.row_error(values, rows, what)
        return values.astype("int64")

    def row_error(self, values: Array, rows: int, what: str) -> ConfigError:
        """What to say of the first index that is not in [0, rows)."""
        wrong = np.argwhere(_are_wrong(values, rows))
        if not len(wrong):  # a device was asked later
            return self.error(
                f"an index in {what} of a batch since the loss was last read is not in "
                f"[0, {rows}); display: 1 in the solver tells which"
            )
        place = tuple(wrong[0].tolist())
        return self.error(
            f"index {float(values[place]):g} at {list(place)} of {what} is not in [0, {rows})",
            item=place[0],
        )


@dataclass(frozen=True)
class WrongIndex:
    """Makes an error of what a kernel on a GPU says of indices: see kernels/gpu/faults.py."""

    layer: LookupLayer
    indices: Blob
    rows: int
    what: str

    def __call__(self, item: int) -> ConfigError:
        """The first wrong index is told, whichever item the kernel found."""
        return self.layer.row_error(self.indices.data, self.rows, self.what)


def _are_wrong(values: Array, rows: int) -> Array:
    return ~((values >= 0) & (values < rows))
