"""LRN across channels: y = x / (k + alpha / n * sum of x^2 over n channels around)^beta.

Fast code exists for beta = 0.75 alone, and not in every layout. Of the sizes n only 3 and 5 are
let through: oneDNN 3.2 crashes over 1 and gives wrong gradients from 7 on.
"""

from typing import NamedTuple

from ..descriptors import Descriptor
from ..enumerators import LRN_ACROSS_CHANNELS, Propagation
from ..errors import PlanningError
from ..primitive import PrimitiveDescriptor
from ..threads import engine

SAFE_SIZES = (3, 5)


class Response(NamedTuple):
    """The constants of the formula."""

    local_size: int
    alpha: float
    beta: float
    k: float

    def check(self) -> None:
        """Raise PlanningError unless the library computes this right."""
        if self.local_size not in SAFE_SIZES:
            raise PlanningError(f"oneDNN: LRN needs local_size 3 or 5, got {self.local_size}")


def forward(
    x: Descriptor, y: Descriptor, response: Response, *, training: bool = True
) -> PrimitiveDescriptor:
    """y, and in training a workspace that backward needs."""
    response.check()
    return PrimitiveDescriptor(
        "lrn_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        LRN_ACROSS_CHANNELS,
        x,
        y,
        *response,
    )


def backward(
    dx: Descriptor,
    dy: Descriptor,
    x: Descriptor,
    response: Response,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dx, written."""
    return PrimitiveDescriptor(
        "lrn_backward", engine(), LRN_ACROSS_CHANNELS, dx, dy, x, *response, forward
    )
