"""Reordering: the same elements in another layout."""

from ..attributes import Attributes
from ..descriptors import Descriptor
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    x: Descriptor, y: Descriptor, attributes: Attributes | None = None
) -> PrimitiveDescriptor:
    """y = x; with the post-op AddToResult, y += x."""
    return PrimitiveDescriptor("reorder", x, engine(), y, engine(), attributes=attributes)
