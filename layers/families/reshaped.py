"""Reshaped: a blob seen in another shape."""

from ...core import Array, Blob, Shape


class Reshaped:
    """data and diff of a blob in a shape of as many numbers: writing there writes to the blob."""

    def __init__(self, blob: Blob, shape: Shape):
        self._blob = blob
        self._shape = shape

    @property
    def data(self) -> Array:
        """The values."""
        return self._blob.data.reshape(self._shape)

    @property
    def diff(self) -> Array:
        """Their gradient."""
        return self._blob.diff.reshape(self._shape)
