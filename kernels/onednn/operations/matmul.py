"""Matrix multiplication: x (..., M, D) and filters (..., D, N)."""

from ..attributes import Attributes
from ..descriptors import Descriptor
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    x: Descriptor,
    filters: Descriptor,
    bias: Descriptor | None,
    y: Descriptor,
    attributes: Attributes | None = None,
) -> PrimitiveDescriptor:
    """y = x filters + bias, shape (..., M, N); bias has as many axes, of length 1 or y's."""
    return PrimitiveDescriptor("matmul", engine(), x, filters, bias, y, attributes=attributes)
