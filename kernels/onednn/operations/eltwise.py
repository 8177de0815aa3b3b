"""A function of each element by itself; x and y may be the same memory."""

from ..descriptors import Descriptor
from ..enumerators import Eltwise, Propagation
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    function: Eltwise,
    x: Descriptor,
    y: Descriptor,
    alpha: float = 0.0,
    beta: float = 0.0,
    *,
    training: bool = True,
) -> PrimitiveDescriptor:
    """y = function(x)."""
    return PrimitiveDescriptor(
        "eltwise_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        function,
        x,
        y,
        alpha,
        beta,
    )


def backward(
    function: Eltwise,
    dx: Descriptor,
    dy: Descriptor,
    data: Descriptor,
    alpha: float,
    beta: float,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dx = dy * derivative; `data` is x, or y (Argument.Y) for the functions named *_OF_Y."""
    return PrimitiveDescriptor(
        "eltwise_backward", engine(), function, dx, dy, data, alpha, beta, forward
    )
