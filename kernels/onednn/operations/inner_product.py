"""Inner product: x (N, C, *size) and filters (K, C, *size), or x (N, D) and filters (K, D)."""

from ..attributes import Attributes
from ..descriptors import Descriptor
from ..enumerators import Propagation
from ..primitive import PrimitiveDescriptor
from ..threads import engine


def forward(
    x: Descriptor,
    filters: Descriptor,
    bias: Descriptor | None,
    y: Descriptor,
    *,
    training: bool = True,
    attributes: Attributes | None = None,
) -> PrimitiveDescriptor:
    """y = x filters^T + bias, shape (N, K)."""
    return PrimitiveDescriptor(
        "inner_product_forward",
        engine(),
        Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
        x,
        filters,
        bias,
        y,
        attributes=attributes,
    )


def backward_data(
    dx: Descriptor, filters: Descriptor, dy: Descriptor, forward: PrimitiveDescriptor
) -> PrimitiveDescriptor:
    """dx = dy filters, written."""
    return PrimitiveDescriptor("inner_product_backward_data", engine(), dx, filters, dy, forward)


def backward_filters(
    x: Descriptor,
    dfilters: Descriptor,
    dbias: Descriptor | None,
    dy: Descriptor,
    forward: PrimitiveDescriptor,
) -> PrimitiveDescriptor:
    """dfilters = dy^T x and dbias, written."""
    return PrimitiveDescriptor(
        "inner_product_backward_weights", engine(), x, dfilters, dbias, dy, forward
    )
