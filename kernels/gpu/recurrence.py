"""Recurrence: what a recurrent layer computes."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...core import Array, Blob


@dataclass(frozen=True)
class Recurrence:
    """What is computed.

    cell      "LSTM", or "RNN" with an output of its own
    exposes   whether first states come as bottoms, and last ones go as tops
    last      else the states after the last pass, (N, num_output) each, h first: read and written
    cont      (T, N), if it is no bottom
    limit     of the gradients of what goes into gates; 0 for none
    """

    cell: str
    steps: int
    streams: int
    num_output: int
    exposes: bool
    last: Sequence[Blob]
    cont: Array = None
    limit: float = 0.0
