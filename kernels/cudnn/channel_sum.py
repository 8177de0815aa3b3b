"""Graph of the gradient of a bias: the sum over everything but the channels."""

from typing import Any

from .library import frontend
from .recipe import Recipe
from .tensors import Tensor, per_channel


def channel_sum(dy: Tensor) -> Recipe:
    """dbias[c] = sum over n and positions of dy[n, c], in float32. Roles: dy, dbias.

    dy has to be channels-last: over plain arrays, and into 16 bits, cuDNN has no plan.
    """
    dy = dy.as_image()
    dy = dy.alike(dy)

    def compose(graph: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        mode = frontend().reduction_mode.ADD
        return {"dbias": graph.reduction(input=tensors["dy"], mode=mode)}

    outputs = {"dbias": per_channel(dy)}
    return Recipe("channel sum", {"dy": dy}, outputs, compose, multiplies=False)
