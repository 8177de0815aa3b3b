"""LRN across channels on plain arrays."""

from math import prod
from typing import Any

from ...core import Shape
from .descriptors import Descriptor
from .enumerators import Argument
from .errors import PlanningError
from .memory import Memory
from .operations import lrn
from .primitive import PrimitiveDescriptor
from .staged import Spaces, Staged


class LRNAcrossChannels:
    """y = x * (k + alpha / n * sum of x^2 over the n channels around)^-beta.

    Inside, tiles of channels, or channels-last where channels do not fill tiles: for plain
    arrays there is no fast backward pass. The copy of x is kept for the backward pass.
    """

    def __init__(
        self, x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
    ):
        n, c, *size = x_shape
        self._shape = (n, c, prod(size), 1)
        plain = Descriptor.plain(self._shape, dtype)
        forward, backward = _planned(plain, lrn.Response(local_size, alpha, beta, k))
        wanted, spaces = forward.arguments(), Spaces([forward, backward])
        kept = {a: Memory(wanted[a]) for a in (Argument.X, Argument.WORKSPACE) if a in wanted}
        self._forward = Staged(forward, spaces, {Argument.X: plain}, {Argument.Y: plain}, kept)
        kept |= {a: self._forward.memories[a] for a in kept}
        self._backward = Staged(backward, spaces, {Argument.DY: plain}, {Argument.DX: plain}, kept)

    def forward(self, x, y) -> None:
        self._forward(x.reshape(self._shape), y.reshape(self._shape))

    def backward(self, x, y, dy, dx) -> None:
        self._backward(dy.reshape(self._shape), dx.reshape(self._shape))


def _planned(
    plain: Descriptor, response: lrn.Response
) -> tuple[PrimitiveDescriptor, PrimitiveDescriptor]:
    """Both passes in the first layout that has fast code for them."""
    shape = plain.shape
    layouts = [Descriptor.tiled(shape, tile) for tile in (16, 8) if shape[1] % tile == 0]
    problem: PlanningError | None = None
    for inside in (*layouts, Descriptor.channels_last(shape, plain.dtype)):
        try:
            forward = lrn.forward(inside, inside, response)
            return forward, lrn.backward(inside, inside, inside, response, forward)
        except PlanningError as declined:
            problem = declined
    assert problem
    raise problem
