"""LastState: the state of streams after a batch, for the next one to start from."""

from base64 import b64decode, b64encode
from typing import Any

import numpy as np

from ...core import Array, Blob


class LastState:
    """A blob (N, D) of the last forward, hence with its number of streams.

    When the number of streams changes, those that stay keep their states and new ones start from
    zero.
    """

    def __init__(self, streams: int, size: int, dtype: Any):
        self.blob = Blob((streams, size), dtype)

    def give(self, target: Array) -> None:
        """Write the states to an array (N, D), of perhaps another number of streams."""
        _fit_rows(self.blob.data, target)

    def take(self, states: Array, streams: int | None = None) -> None:
        """Be these states, with so many streams."""
        rows = len(states) if streams is None else streams
        if self.blob.shape[0] != rows:
            states = states.copy()  # they may be the blob's own
            self.blob.reshape(rows, *self.blob.shape[1:])
        _fit_rows(states, self.blob.data)

    def move_to(self, residence: Any, streams: int) -> Blob:
        """From now on live on a GPU, with so many streams; the blob there."""
        self.take(self.blob.data, streams)
        if not self.blob.is_on_gpu:
            self.blob.live_on(residence)
        return self.blob

    def saved(self) -> dict[str, Any]:
        """The states as JSON values: bytes in base64, with their shape and dtype."""
        states = self.blob.data
        return {
            "shape": list(states.shape),
            "dtype": states.dtype.str,
            "data": b64encode(states.tobytes()).decode(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take over what saved() gave."""
        flat = np.frombuffer(b64decode(saved["data"]), saved["dtype"])
        states = flat.reshape(saved["shape"])
        # Kernels of a GPU hold on to the blob as it is.
        self.take(states, self.blob.shape[0] if self.blob.is_on_gpu else None)


def _fit_rows(source: Array, target: Array) -> None:
    """Copy the rows that both have; the others become zeros."""
    staying = min(len(source), len(target))
    target[:staying] = source[:staying]
    target[staying:] = 0
