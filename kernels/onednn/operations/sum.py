"""Weighted sum of several arrays."""

from collections.abc import Sequence
from ctypes import c_float, c_void_p

from ..descriptors import Descriptor
from ..errors import OneDNNError
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    xs: Sequence[Descriptor], y: Descriptor, weights: Sequence[float]
) -> PrimitiveDescriptor:
    """y = the sum of weight * x over the inputs, MANY_X, MANY_X + 1 ...; y may be the first."""
    if len(weights) != len(xs):
        raise OneDNNError(f"sum: {len(weights)} weights for {len(xs)} inputs")
    handles = (c_void_p * len(xs))(*(x._as_parameter_ for x in xs))
    numbers = (c_float * len(xs))(*weights)
    return PrimitiveDescriptor("sum", engine(), y, len(xs), numbers, handles)
