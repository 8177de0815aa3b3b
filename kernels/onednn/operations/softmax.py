"""Softmax and its logarithm along one axis."""

from ..descriptors import Descriptor
from ..enumerators import Propagation, Softmax
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    method: Softmax, x: Descriptor, y: Descriptor, axis: int, *, training: bool = True
) -> PrimitiveDescriptor:
    """y = exp x / sum of exp x, or the logarithm of that; without overflow."""
    return PrimitiveDescriptor(
        "softmax_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        method,
        x,
        y,
        axis,
    )


def backward(
    method: Softmax,
    dx: Descriptor,
    dy: Descriptor,
    y: Descriptor,
    axis: int,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dx, from dy and the result y."""
    return PrimitiveDescriptor("softmax_backward", engine(), method, dx, dy, y, axis, forward)
