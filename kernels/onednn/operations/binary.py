"""A function of two elements."""

from ..attributes import Attributes
from ..descriptors import Descriptor
from ..enumerators import Binary
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    function: Binary,
    x: Descriptor,
    other: Descriptor,
    y: Descriptor,
    attributes: Attributes | None = None,
) -> PrimitiveDescriptor:
    """y = function(x, other); axes of `other` (Argument.X_1) may have length 1."""
    return PrimitiveDescriptor("binary", engine(), function, x, other, y, attributes=attributes)
