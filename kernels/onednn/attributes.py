"""Attributes: what a primitive does to its result before it is written (post-ops)."""

from collections.abc import Sequence
from typing import NamedTuple

from ..slope import Ceiling, Slope
from .descriptors import Descriptor
from .enumerators import SCRATCHPAD_OF_USER, Argument, Binary, Eltwise
from .handle import Handle
from .library import library


class _PostOps(Handle):
    _destroy = "post_ops_destroy"

    def __init__(self):
        super().__init__("post_ops_create")


class AddToResult(NamedTuple):
    """y = scale * what y held before + the result."""

    scale: float = 1.0

    def append_to(self, post_ops: _PostOps) -> None:
        library().call("post_ops_append_sum", post_ops, self.scale, 0, 0)


class Apply(NamedTuple):
    """A function of each element: Apply(Eltwise.RELU) for ReLU."""

    function: Eltwise
    alpha: float = 0.0
    beta: float = 0.0

    def append_to(self, post_ops: _PostOps) -> None:
        library().call("post_ops_append_eltwise", post_ops, self.function, self.alpha, self.beta)


class Combine(NamedTuple):
    """A function of each element and of one of another array, whose axes may have length 1.

    The array is the argument Argument.post_op(place of this in the list).
    """

    function: Binary
    operand: Descriptor

    def append_to(self, post_ops: _PostOps) -> None:
        library().call("post_ops_append_binary", post_ops, self.function, self.operand)


PostOp = AddToResult | Apply | Combine


def rectified(slope: Slope | None) -> list[PostOp]:
    """The ReLU of this slope, or none."""
    if slope is None:
        return []
    if isinstance(slope, Ceiling):
        return [Apply(Eltwise.CLIP_V2, 0.0, slope.limit)]
    return [Apply(Eltwise.RELU, slope)]


class Attributes(Handle):
    """Post-ops in their order; the scratch space is always ours."""

    _destroy = "primitive_attr_destroy"

    def __init__(self, post_ops: Sequence[PostOp] = ()):
        super().__init__("primitive_attr_create")
        self.operands = [
            Argument.post_op(place)
            for place, post_op in enumerate(post_ops)
            if isinstance(post_op, Combine)
        ]
        library().call("primitive_attr_set_scratchpad_mode", self, SCRATCHPAD_OF_USER)
        if post_ops:
            chain = _PostOps()
            for post_op in post_ops:
                post_op.append_to(chain)
            library().call("primitive_attr_set_post_ops", self, chain)
