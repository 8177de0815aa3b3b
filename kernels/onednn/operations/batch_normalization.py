"""Batch normalization of x (N, C, *size): y = scale (x - mean) / sqrt(variance + epsilon) + shift.

mean, variance, scale and shift have the shape (C,). In training, mean and variance are results,
unless the flag GIVEN_STATISTICS makes them inputs. RELU adds max(0, .) and, in training, a
workspace that backward needs.
"""

from ..descriptors import Descriptor
from ..enumerators import Normalization, Propagation
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    x: Descriptor,
    y: Descriptor,
    epsilon: float,
    flags: Normalization = Normalization.NOTHING,
    *,
    training: bool = True,
) -> PrimitiveDescriptor:
    """y; the variance divides by the count, not by one less."""
    return PrimitiveDescriptor(
        "batch_normalization_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        x,
        y,
        epsilon,
        flags,
    )


def backward(
    dx: Descriptor,
    dy: Descriptor,
    x: Descriptor,
    epsilon: float,
    flags: Normalization,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dx, and dscale and dshift for what the flags scale and shift; all written."""
    learns = flags & (Normalization.SCALE | Normalization.SHIFT)
    return PrimitiveDescriptor(
        "batch_normalization_backward",
        engine(),
        Propagation.BACKWARD if learns else Propagation.BACKWARD_DATA,
        dx,
        dy,
        x,
        epsilon,
        flags,
        forward,
    )
