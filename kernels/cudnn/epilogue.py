"""What is done to a result before it leaves the registers: bias, sum, ReLU."""

from dataclasses import dataclass
from typing import Any

from .tensors import Tensor


@dataclass(frozen=True)
class Epilogue:
    """y = ReLU(result + addend + bias), each part of it optional.

    bias: the dtype of an array of one number per channel, in role "bias". adds: an array like y,
    in role "addend", which may be y itself. slope: of the ReLU below zero; 0 is the plain one.
    """

    bias: str | None = None
    adds: bool = False
    slope: float | None = None

    def inputs(self, y: Tensor, per_channel: Tensor) -> dict[str, Tensor]:
        """The arrays that it needs besides; per_channel: how a bias lies."""
        added = {"addend": y} if self.adds else {}
        biased = {"bias": per_channel} if self.bias else {}
        return added | biased

    @property
    def settings(self) -> dict[str, Any]:
        return {"slope": self.slope}

    def compose(self, graph: Any, result: Any, y: Tensor, tensors: dict[str, Any]) -> Any:
        """The tensor of y. Order and operations are those that cuDNN knows as one pattern."""
        if self == Epilogue():
            return result
        # What stays inside has to be told its shape: a scattering convolution has several.
        result.set_dim(list(y.shape)).set_stride(list(y.strides))
        if self.adds:
            result = graph.add(a=result, b=tensors["addend"])
        if self.bias:
            result = graph.bias(input=result, bias=tensors["bias"])
        if self.slope is not None:
            result = _rectified(graph, result, self.slope)
        return result


NO_EPILOGUE = Epilogue()


def _rectified(graph: Any, x: Any, slope: float) -> Any:
    """max(x, 0) + slope min(x, 0)."""
    if slope:
        return graph.leaky_relu(input=x, negative_slope=slope)
    return graph.relu(input=x)
