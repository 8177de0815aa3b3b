"""Layers that pick rows of a table by number."""

import numpy as np

from ...core import Array, Blob, Layer


class LookupLayer(Layer):
    """Base of the layers that give table[index], whose index blob is floating point in Caffe."""

    def row_numbers(self, indices: Blob, rows: int, what: str) -> Array:
        """The indices as whole numbers; ConfigError if one is not in [0, rows)."""
        values = indices.data
        wrong = ~((values >= 0) & (values < rows))
        if wrong.any():
            place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
            problem = self.error(
                f"index {float(values[place]):g} at {list(place)} of {what} is not in [0, {rows})"
            )
            problem.item = place[0]
            raise problem
        return values.astype("int64")
