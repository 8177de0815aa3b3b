"""Pooling: x (N, C, *size) to y (N, C, *out), where y may have as many windows as Caffe counts.

MAX writes a workspace in training, the place of each maximum in its window, which backward needs.
AVERAGE_OF_KERNEL divides by the kernel even where it reaches past the padding; Caffe does not.
"""

from ....core import Window
from ..descriptors import Descriptor
from ..enumerators import Pooling, Propagation
from ..primitive import PrimitiveDescriptor
from ..threads import engine
from .sliding import pooling


def forward(
    method: Pooling, x: Descriptor, y: Descriptor, window: Window, *, training: bool = True
) -> PrimitiveDescriptor:
    """y = the largest x, or the mean, under each window."""
    return PrimitiveDescriptor(
        "pooling_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        method,
        x,
        y,
        *pooling(window, x.shape[2:], y.shape[2:]),
    )


def backward(
    method: Pooling,
    dx: Descriptor,
    dy: Descriptor,
    window: Window,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dx, written."""
    return PrimitiveDescriptor(
        "pooling_backward",
        engine(),
        method,
        dx,
        dy,
        *pooling(window, dx.shape[2:], dy.shape[2:]),
        forward,
    )
