"""What a kernel of a GPU is to those who run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...core import Blobs, Call, Layout


@dataclass(frozen=True)
class Wants:
    """Which gradients a backward pass is to give."""

    bottoms: Sequence[bool]  # whether each bottom's diff is to be written
    weights: Sequence[bool] = ()  # whether each weight's gradient is wanted at all
    adds: Sequence[bool] = ()  # whether it is to be added to the weight's diff, or written


class Kernel(Protocol):
    """Runs a layer, or several as one, on the device arrays of its blobs.

    It is made before it is known how the blobs lie in memory and where; both are read when it is
    bound. Calls are Launches, in the order in which they are to be made; nothing to do is [].
    """

    @property
    def layout(self) -> Layout:
        """How the blobs may lie in memory."""
        ...

    @property
    def backward_reads(self) -> tuple[bool, bool]:
        """Whether backward reads data of the bottoms, and of the tops."""
        ...

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        """The calls that write every top.gpu_data."""
        ...

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        """The calls that write bottom.gpu_diff and the gradients of the weights."""
        ...
