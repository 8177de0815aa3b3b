"""LRN across channels on plain arrays."""

from math import prod
from typing import Any

from ...core import Shape
from .descriptors import Descriptor
from .enumerators import Argument
from .memory import Memory
from .operations import lrn
from .staged import Spaces, Staged


class LRNAcrossChannels:
    """y = x * (k + alpha / n * sum of x^2 over the n channels around)^-beta.

    Channels-last inside, the one layout with fast code for both passes and any number of
    channels. Its copy of x is kept for the backward pass.
    """

    def __init__(
        self, x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
    ):
        n, c, *size = x_shape
        self._shape = (n, c, prod(size), 1)
        plain = Descriptor.plain(self._shape, dtype)
        inside = Descriptor.channels_last(self._shape, dtype)
        response = lrn.Response(local_size, alpha, beta, k)
        forward = lrn.forward(inside, inside, response)
        backward = lrn.backward(inside, inside, inside, response, forward)
        wanted, spaces = forward.arguments(), Spaces([forward, backward])
        kept = {a: Memory(wanted[a]) for a in (Argument.X, Argument.WORKSPACE) if a in wanted}
        self._forward = Staged(forward, spaces, {Argument.X: plain}, {Argument.Y: plain}, kept)
        kept |= {a: self._forward.memories[a] for a in kept}
        self._backward = Staged(backward, spaces, {Argument.DY: plain}, {Argument.DX: plain}, kept)

    def forward(self, x, y) -> None:
        self._forward(x.reshape(self._shape), y.reshape(self._shape))

    def backward(self, x, y, dy, dx) -> None:
        self._backward(dy.reshape(self._shape), dx.reshape(self._shape))
