"""Layers that pick rows of a table by number."""

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
        place = tuple(int(axis[0]) for axis in np.nonzero(_are_wrong(values, rows)))
        return self.error(
            f"index {float(values[place]):g} at {list(place)} of {what} is not in [0, {rows})",
            item=place[0],
        )


def _are_wrong(values: Array, rows: int) -> Array:
    return ~((values >= 0) & (values < rows))
