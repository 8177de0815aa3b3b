"""Convolution and deconvolution, each other's adjoint, which are asked for in the same way.

x (N, C, *size), filters (K, C, *kernel) or by groups (G, K/G, C/G, *kernel), y (N, K, *out).
The first axis of filters is y's; Caffe's files have x's first for a deconvolution.
"""

from typing import NamedTuple

from ....core import Window
from ..attributes import Attributes
from ..descriptors import Descriptor
from ..enumerators import CONVOLUTION_DIRECT, DECONVOLUTION_DIRECT, Propagation
from ..primitive import PrimitiveDescriptor
from ..threads import engine
from .sliding import sliding


class FilteringOperation(NamedTuple):
    """All passes of an operation that has filters."""

    name: str
    algorithm: int

    def forward(
        self,
        x: Descriptor,
        filters: Descriptor,
        bias: Descriptor | None,
        y: Descriptor,
        window: Window,
        *,
        training: bool = True,
        attributes: Attributes | None = None,
    ) -> PrimitiveDescriptor:
        """y, written unless a post-op adds."""
        return PrimitiveDescriptor(
            f"{self.name}_forward",
            engine(),
            Propagation.FORWARD_TRAINING if training else Propagation.FORWARD_INFERENCE,
            self.algorithm,
            x,
            filters,
            bias,
            y,
            *sliding(window),
            attributes=attributes,
        )

    def backward_data(
        self,
        dx: Descriptor,
        filters: Descriptor,
        dy: Descriptor,
        window: Window,
        forward: PrimitiveDescriptor,
    ) -> PrimitiveDescriptor:
        """dx, written."""
        return PrimitiveDescriptor(
            f"{self.name}_backward_data",
            engine(),
            self.algorithm,
            dx,
            filters,
            dy,
            *sliding(window),
            forward,
        )

    def backward_filters(
        self,
        x: Descriptor,
        dfilters: Descriptor,
        dbias: Descriptor | None,
        dy: Descriptor,
        window: Window,
        forward: PrimitiveDescriptor,
    ) -> PrimitiveDescriptor:
        """dfilters and dbias, written: the library cannot add to them."""
        return PrimitiveDescriptor(
            f"{self.name}_backward_weights",
            engine(),
            self.algorithm,
            x,
            dfilters,
            dbias,
            dy,
            *sliding(window),
            forward,
        )


convolution = FilteringOperation("convolution", CONVOLUTION_DIRECT)
deconvolution = FilteringOperation("deconvolution", DECONVOLUTION_DIRECT)
